#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "checkpoint/safetensors.h"

namespace zoetrope {

struct SafetensorsHeader {
  std::map<std::string, TensorInfo> tensors;
  std::map<std::string, std::string> metadata;
};

/// The length of the JSON header that follows the first 8 bytes of a file.
///
/// start: the file's first 9 bytes, or as many as there are.
/// Throws Error(kCorrupt) "open `where`: …" if the length is outside the file or its limits, or if
/// the file is a pickle.
std::uint64_t safetensors_header_bytes(std::string_view start, std::uint64_t file_bytes,
                                       const std::string& where);

/// Parses the JSON header of a file of `file_bytes` and checks every rule of the format, without
/// touching the data. Throws Error(kCorrupt) "open `where`: …".
SafetensorsHeader parse_safetensors_header(std::string_view text, std::uint64_t file_bytes,
                                           const std::string& where);

/// "it is a pickle … convert it to safetensors": said wherever one is met.
extern const char* const kPickleRefusal;

}  // namespace zoetrope
