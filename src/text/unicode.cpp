#include "text/unicode.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <utf8proc.h>

#include "core/check.h"

namespace zoetrope {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Combining characters that are newer than the Unicode 15 of utf8proc 2.8.
// Source: GraphemeBreakProperty-17.0.0.txt, Extend and SpacingMark, less what 15.0.0 had.
constexpr Range kNewCombining[] = {
    {0x0897, 0x0897},   {0x1ACF, 0x1ADD},   {0x1AE0, 0x1AEB},   {0x10D69, 0x10D6D},
    {0x10EFA, 0x10EFC}, {0x113B8, 0x113C0}, {0x113C2, 0x113C2}, {0x113C5, 0x113C5},
    {0x113C7, 0x113CA}, {0x113CC, 0x113D0}, {0x113D2, 0x113D2}, {0x113E1, 0x113E2},
    {0x11B60, 0x11B67}, {0x11F5A, 0x11F5A}, {0x1611E, 0x1612F}, {0x1E5EE, 0x1E5EF},
    {0x1E6E3, 0x1E6E3}, {0x1E6E6, 0x1E6E6}, {0x1E6EE, 0x1E6EF}, {0x1E6F5, 0x1E6F5}};

// A code point that utf8proc breaks the way Unicode 17 breaks `code_point`.
std::int32_t breaks_like(char32_t code_point) {
  if (code_point < 0x0897) return static_cast<std::int32_t>(code_point);
  for (const Range& range : kNewCombining) {
    if (code_point >= range.first && code_point <= range.last) return 0x0301;
  }
  if (code_point == 0x113D1) return 0x0600;  // a Prepend of Unicode 16
  if (code_point == 0x11A3A) return 'a';     // no longer a Prepend
  return static_cast<std::int32_t>(code_point);
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<std::uint8_t>(text[i]));
  };
  const char32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) return {(lead & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (lead < 0xF0) return {(lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  return {(lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F),
          4};
}

void append_utf8(std::string& text, char32_t code_point) {
  const auto add = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    add(code_point);
  } else if (code_point < 0x800) {
    add(0xC0 | code_point >> 6);
    add(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    add(0xE0 | code_point >> 12);
    add(0x80 | (code_point >> 6 & 0x3F));
    add(0x80 | (code_point & 0x3F));
  } else {
    add(0xF0 | code_point >> 18);
    add(0x80 | (code_point >> 12 & 0x3F));
    add(0x80 | (code_point >> 6 & 0x3F));
    add(0x80 | (code_point & 0x3F));
  }
}

std::u32string decode_utf8(std::string_view text) {
  std::u32string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    result.push_back(next.value);
    text.remove_prefix(next.bytes);
  }
  return result;
}

std::string encode_utf8(std::u32string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char32_t code_point : text) append_utf8(result, code_point);
  return result;
}

bool is_white_space(char32_t code_point) {
  return (code_point >= 0x09 && code_point <= 0x0D) || code_point == 0x20 || code_point == 0x85 ||
         code_point == 0xA0 || code_point == 0x1680 ||
         (code_point >= 0x2000 && code_point <= 0x200A) || code_point == 0x2028 ||
         code_point == 0x2029 || code_point == 0x202F || code_point == 0x205F ||
         code_point == 0x3000;
}

bool is_word_character(char32_t code_point) {
  switch (utf8proc_category(static_cast<std::int32_t>(code_point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_PC:
      return true;
    default:
      // The joiners, and the circled and squared letters, which are alphabetic symbols.
      return code_point == 0x200C || code_point == 0x200D ||
             (code_point >= 0x24B6 && code_point <= 0x24E9) ||
             (code_point >= 0x1F130 && code_point <= 0x1F149) ||
             (code_point >= 0x1F150 && code_point <= 0x1F169) ||
             (code_point >= 0x1F170 && code_point <= 0x1F189);
  }
}

bool is_decimal_digit(char32_t code_point) {
  return utf8proc_category(static_cast<std::int32_t>(code_point)) == UTF8PROC_CATEGORY_ND;
}

std::size_t grapheme_bytes(std::string_view text) {
  CodePoint current = first_code_point(text);
  std::size_t bytes = current.bytes;
  std::int32_t state = 0;
  while (bytes < text.size()) {
    const CodePoint next = first_code_point(text.substr(bytes));
    if (utf8proc_grapheme_break_stateful(breaks_like(current.value), breaks_like(next.value),
                                         &state)) {
      return bytes;
    }
    bytes += next.bytes;
    current = next;
  }
  return bytes;
}

std::u32string compose(std::u32string_view text) {
  // Decomposed and put in canonical order here, not by utf8proc: its sort of a run of combining
  // marks takes quadratic time, and a prompt may be one such run.
  constexpr auto kDecompose = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_STABLE);
  constexpr auto kCompose = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  std::vector<std::int32_t> points;
  points.reserve(text.size() + 1);
  for (const char32_t code_point : text) {
    std::int32_t parts[32];
    const auto count = utf8proc_decompose_char(static_cast<std::int32_t>(code_point), parts, 32,
                                               kDecompose, nullptr);
    ZOETROPE_CHECK(count >= 0 && count <= 32);
    points.insert(points.end(), parts, parts + count);
  }
  const auto rank = [](std::int32_t point) {
    return utf8proc_get_property(point)->combining_class;
  };
  for (auto run = points.begin(); run != points.end();) {
    run = std::find_if(run, points.end(), [&](auto point) { return rank(point) != 0; });
    const auto end = std::find_if(run, points.end(), [&](auto point) { return rank(point) == 0; });
    std::stable_sort(run, end, [&](auto a, auto b) { return rank(a) < rank(b); });
    run = end;
  }
  points.push_back(0);
  const auto length = utf8proc_normalize_utf32(
      points.data(), static_cast<utf8proc_ssize_t>(points.size() - 1), kCompose);
  ZOETROPE_CHECK(length >= 0);
  return {points.begin(), points.begin() + length};
}

}  // namespace zoetrope
