#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace zoetrope::test {

/// The 8 bytes, little-endian, that a safetensors file begins with.
inline std::string length_bytes(std::uint64_t length) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes;
}

/// A safetensors file: the length of `header`, `header`, and `data_bytes` zeros.
inline std::string safetensors_bytes(const std::string& header, std::size_t data_bytes = 0) {
  return length_bytes(header.size()) + header + std::string(data_bytes, '\0');
}

/// Writes `bytes` to a file and returns its path.
inline std::filesystem::path write_bytes(const std::filesystem::path& path,
                                         const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

}  // namespace zoetrope::test
