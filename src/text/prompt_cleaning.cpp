#include "text/prompt_cleaning.h"

#include <algorithm>
#include <cstdint>

#include <utf8proc.h>

#include "core/check.h"
#include "core/utf8.h"
#include "text/html_references.h"
#include "text/unicode.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

struct Ligature {
  char32_t character;
  std::u32string_view letters;
};

// Source: ftfy 6.3 `chardata.LIGATURES`.
constexpr Ligature kLigatures[] = {
    {0x0132, U"IJ"},      {0x0133, U"ij"},      {0x0149, U"\u02BCn"}, {0x01C4, U"D\u017D"},
    {0x01C5, U"D\u017E"}, {0x01C6, U"d\u017E"}, {0x01C7, U"LJ"},      {0x01C8, U"Lj"},
    {0x01C9, U"lj"},      {0x01CA, U"NJ"},      {0x01CB, U"Nj"},      {0x01CC, U"nj"},
    {0x01F1, U"DZ"},      {0x01F2, U"Dz"},      {0x01F3, U"dz"},      {0xFB00, U"ff"},
    {0xFB01, U"fi"},      {0xFB02, U"fl"},      {0xFB03, U"ffi"},     {0xFB04, U"ffl"},
    {0xFB05, U"\u017Ft"}, {0xFB06, U"st"}};

char32_t straight_quote(char32_t c) {
  if (c == 0x02BC || (c >= 0x2018 && c <= 0x201B)) return '\'';
  if (c >= 0x201C && c <= 0x201F) return '"';
  return c;
}

// Half-width and full-width forms become what NFKC makes of them, and U+3000 a space.
void append_standard_width(char32_t c, std::u32string& result) {
  if (c == 0x3000) {
    result.push_back(' ');
  } else if (c > 0xFF00 && c < 0xFFF0) {
    std::int32_t parts[32];
    const auto count = utf8proc_decompose_char(
        static_cast<std::int32_t>(c), parts, 32,
        static_cast<utf8proc_option_t>(UTF8PROC_COMPAT | UTF8PROC_STABLE | UTF8PROC_DECOMPOSE),
        nullptr);
    ZOETROPE_CHECK(count >= 1 && count <= 32);
    result.append(compose(std::u32string(parts, parts + count)));
  } else {
    result.push_back(c);
  }
}

std::u32string replace_characters(std::u32string_view text) {
  std::u32string result;
  result.reserve(text.size());
  const auto append = [&](char32_t c) { append_standard_width(straight_quote(c), result); };
  for (const char32_t original : text) {
    const char32_t c = windows_1252(original);
    const auto* ligature =
        std::find_if(std::begin(kLigatures), std::end(kLigatures),
                     [&](const Ligature& known) { return known.character == c; });
    if (ligature == std::end(kLigatures)) {
      append(c);
    } else {
      for (const char32_t letter : ligature->letters) append(letter);
    }
  }
  return result;
}

std::u32string fix_line_breaks(std::u32string_view text) {
  std::u32string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    const bool breaks = c == '\r' || c == 0x2028 || c == 0x2029 || c == 0x85;
    result.push_back(breaks ? U'\n' : c);
  }
  return result;
}

// The length of an escape such as "\x1B[36;44m" at the start of `text`, or 0.
std::size_t terminal_escape(std::u32string_view text) {
  if (text.size() < 3 || text[0] != 0x1B || text[1] != '[') return 0;
  std::size_t at = 2;
  while (at < text.size() && (text[at] == ';' || is_decimal_digit(text[at]))) ++at;
  if (at == text.size()) return 0;
  const char32_t last = text[at] | 0x20;
  return text[at] < 0x80 && last >= 'a' && last <= 'z' ? at + 1 : 0;
}

bool is_removed_control(char32_t c) {
  return c <= 0x08 || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F ||
         (c >= 0x206A && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFC);
}

std::u32string remove_controls(std::u32string_view text) {
  std::u32string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t escape = terminal_escape(text.substr(at));
    if (escape == 0 && !is_removed_control(text[at])) result.push_back(text[at]);
    at += std::max<std::size_t>(escape, 1);
  }
  return result;
}

// One line as ftfy's fix_and_explain does it: all fixes again until nothing changes.
std::u32string fix_line(std::u32string line, bool unescape) {
  // Each pass takes off one level of "&amp;amp;amp;". Without a bound on the levels, a megabyte
  // of them would take quadratic time.
  constexpr int kMaxPasses = 64;
  for (int pass = 0; pass < kMaxPasses; ++pass) {
    std::u32string fixed = unescape ? unescape_html_strictly(line) : line;
    fixed = compose(remove_controls(fix_line_breaks(replace_characters(fixed))));
    if (fixed == line) break;
    line = std::move(fixed);
  }
  return line;
}

std::u32string fix_text(std::u32string_view text) {
  std::u32string result;
  bool unescape = true;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find(U'\n'), text.size() - 1) + 1;
    const std::u32string_view line = text.substr(0, length);
    // A "<" may be the beginning of real HTML, here and in all lines that follow.
    if (line.find(U'<') != std::u32string_view::npos) unescape = false;
    result.append(fix_line(std::u32string(line), unescape));
    text.remove_prefix(length);
  }
  return result;
}

// Python's str.isspace, which is also its `\s`.
bool is_space(char32_t c) { return is_white_space(c) || (c >= 0x1C && c <= 0x1F); }

std::u32string collapse_white_space(std::u32string_view text) {
  std::u32string result;
  bool pending = false;
  for (const char32_t c : text) {
    if (is_space(c)) {
      pending = !result.empty();
      continue;
    }
    if (pending) result.push_back(' ');
    pending = false;
    result.push_back(c);
  }
  return result;
}

}  // namespace

std::string clean_prompt(std::string_view utf8) {
  if (const std::size_t bad = find_invalid_utf8(utf8); bad != std::string_view::npos) {
    throw Error(ErrorCode::kUsage, "read the prompt: not UTF-8 at byte " + std::to_string(bad));
  }
  const std::u32string fixed = fix_text(decode_utf8(utf8));
  return encode_utf8(collapse_white_space(unescape_html(unescape_html(fixed))));
}

}  // namespace zoetrope
