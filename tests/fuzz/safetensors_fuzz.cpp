// The input is a size and a header: a byte mutator would seldom keep the length of a file right.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "checkpoint/safetensors_header.h"
#include "zoetrope/error.h"

namespace {

using namespace zoetrope;

// Throws Error or gives tensors that fill the data; anything else ends the process.
void parse(std::string_view header_text, std::uint64_t data_bytes) {
  const std::uint64_t file_bytes = 8 + header_text.size() + data_bytes;
  const SafetensorsHeader header = parse_safetensors_header(header_text, file_bytes, "f");
  std::uint64_t total = 0;
  for (const auto& [name, info] : header.tensors) {
    if (info.offset < file_bytes - data_bytes || info.offset + info.bytes > file_bytes)
      std::abort();
    total += info.bytes;
  }
  if (total != data_bytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  try {
    const std::uint64_t length = safetensors_header_bytes(input.substr(0, 9), size, "f");
    if (length > size - 8) std::abort();
  } catch (const Error&) {
  }
  if (size < 2) return 0;
  try {
    parse(input.substr(1), data[0]);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCorrupt) std::abort();
  }
  return 0;
}
