// What names_parity_test.py calls: prints, sorted, the names that the tensors of a file have for
// us.

#include <exception>
#include <iostream>
#include <string>

#include "models/umt5/original_names.h"
#include "models/wan/original_names.h"

namespace zoetrope {
namespace {

TensorFiles with_our_names(TensorFiles files) {
  if (wan_transformer_naming(files) != Naming::kOther) {
    return with_diffusers_transformer_names(std::move(files));
  }
  if (wan_vae_naming(files) != Naming::kOther) return with_diffusers_vae_names(std::move(files));
  return with_transformers_umt5_names(std::move(files));
}

}  // namespace
}  // namespace zoetrope

int main(int count, char** arguments) {
  if (count != 2) return 2;
  try {
    const auto files = zoetrope::with_our_names(zoetrope::TensorFiles::open_file(arguments[1]));
    for (const auto& [name, place] : files.tensors()) std::cout << name << '\n';
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
