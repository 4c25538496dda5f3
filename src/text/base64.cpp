#include "text/base64.h"

#include <cstdint>

#include "zoetrope/error.h"

namespace zoetrope {
namespace {

// The six bits that a character stands for, or -1.
int digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

}  // namespace

std::string decode_base64(std::string_view text, const std::string& where) {
  if (text.size() % 4 != 0) {
    throw Error(ErrorCode::kCorrupt, where + " has " + std::to_string(text.size()) +
                                         " characters of base64 (a multiple of 4)");
  }
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  text.remove_suffix(padding);
  std::string result;
  result.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int value = digit(text[i]);
    if (value < 0) {
      throw Error(ErrorCode::kCorrupt, where + " is not base64 at character " + std::to_string(i));
    }
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      result.push_back(static_cast<char>(bits >> count & 0xFF));
    }
  }
  return result;
}

}  // namespace zoetrope
