#include "core/quote.h"

namespace zoetrope {
namespace {

// The bytes of the control character at `i`, or 0 if there is another character.
std::size_t control_bytes(std::string_view text, std::size_t i) {
  const auto byte = static_cast<unsigned char>(text[i]);
  if (byte < 0x20 || byte == 0x7f) return 1;
  const bool c1 =
      byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
  return c1 ? 2 : 0;
}

bool continues_a_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

}  // namespace

bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (control_bytes(text, i) != 0) return true;
  }
  return false;
}

std::string in_quotes(std::string_view text) {
  std::size_t end = text.size();
  if (end > kMaxQuotedBytes) {
    end = kMaxQuotedBytes;
    while (end > 0 && continues_a_character(text[end])) --end;
  }
  const std::string_view shown = text.substr(0, end);
  constexpr const char* kDigits = "0123456789abcdef";
  std::string result = "'";
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const std::size_t control = control_bytes(shown, i);
    if (control == 0) {
      result += shown[i];
      continue;
    }
    i += control - 1;
    const auto code = static_cast<unsigned char>(shown[i]);  // of a C1 character, its second byte
    result += std::string("\\u00") + kDigits[code >> 4] + kDigits[code & 15];
  }
  return result + (end < text.size() ? "…'" : "'");
}

}  // namespace zoetrope
