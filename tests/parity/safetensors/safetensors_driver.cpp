// What safetensors_parity_test.py calls: copies a file with our reader and writer, or makes damaged
// files and says what our reader thinks of each.

#include <filesystem>
#include <iostream>
#include <string>

#include "checkpoint/safetensors.h"
#include "support/header_mutator.h"
#include "support/safetensors_bytes.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

void copy(const std::string& from, const std::string& to) {
  const SafetensorsFile file(from);
  std::map<std::string, std::string> data;
  std::vector<TensorToWrite> tensors;
  for (const auto& [name, info] : file.tensors()) {
    std::string& bytes = data[name];
    bytes.resize(info.bytes);
    file.read(info, bytes.data());
    tensors.push_back({name, info.dtype, info.shape, bytes.data()});
  }
  write_safetensors(to, tensors, file.metadata());
}

// A line a file: its name, a space, "ok" or our message.
void mutate(int count, const std::filesystem::path& folder) {
  test::HeaderMutator mutator(3);
  for (int i = 0; i < count; ++i) {
    const std::string name = std::to_string(i);
    const auto path = test::write_bytes(folder / name, mutator.mutated_file());
    try {
      const SafetensorsFile file(path);
      std::cout << name << " ok\n";
    } catch (const Error& error) {
      std::string message = error.what();
      for (char& c : message) {
        if (static_cast<unsigned char>(c) < 0x20) c = '?';
      }
      std::cout << name << ' ' << message << '\n';
    }
  }
}

}  // namespace
}  // namespace zoetrope

int main(int count, char** arguments) {
  try {
    if (count == 4 && std::string(arguments[1]) == "copy") {
      zoetrope::copy(arguments[2], arguments[3]);
    } else if (count == 4 && std::string(arguments[1]) == "mutate") {
      zoetrope::mutate(std::stoi(arguments[2]), arguments[3]);
    } else {
      std::cerr << "usage: safetensors_driver copy FROM TO | mutate COUNT FOLDER\n";
      return 2;
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
