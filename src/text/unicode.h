#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace zoetrope {

/// A code point and the bytes it takes in UTF-8.
struct CodePoint {
  char32_t value;
  std::size_t bytes;
};

/// The first code point of `text`, which is well-formed UTF-8 and not empty.
CodePoint first_code_point(std::string_view text);

void append_utf8(std::string& text, char32_t code_point);

/// `text` is well-formed UTF-8.
std::u32string decode_utf8(std::string_view text);
std::string encode_utf8(std::u32string_view text);

/// The property White_Space.
bool is_white_space(char32_t code_point);

/// `\w` of a regular expression with Unicode properties: letters, marks, decimal digits,
/// connectors and joiners. Source: Unicode Technical Standard 18, annex C.
bool is_word_character(char32_t code_point);

bool is_decimal_digit(char32_t code_point);

/// The bytes of the extended grapheme cluster that `text` (well-formed, not empty) begins with.
/// Source: Unicode Standard Annex 29, the properties of Unicode 17, without rule GB9c: a cluster
/// with an Indic conjunct is longer than the five bytes that matter here either way.
std::size_t grapheme_bytes(std::string_view text);

/// Normalisation form C, in time linear in the length (but for sorting a run of combining marks).
std::u32string compose(std::u32string_view text);

}  // namespace zoetrope
