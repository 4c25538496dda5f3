#pragma once

#include <string>
#include <string_view>

namespace zoetrope {

/// Decodes character references by the rules of HTML5, with or without their semicolon, as
/// Python's `html.unescape` does.
std::u32string unescape_html(std::u32string_view text);

/// Decodes what cannot be anything but a character reference: known names and numbers, with their
/// semicolon; and names in capitals ("&EACUTE;") where those mean nothing else.
/// Source: ftfy 6.3 `fixes.unescape_html`.
std::u32string unescape_html_strictly(std::u32string_view text);

/// What Windows-1252 has at a C1 control character (U+0080 to U+009F); all else stays.
char32_t windows_1252(char32_t code_point);

}  // namespace zoetrope
