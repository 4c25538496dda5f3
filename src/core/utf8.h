#pragma once

#include <cstddef>
#include <string_view>

namespace zoetrope {

/// The byte offset of the first ill-formed UTF-8 sequence (overlong forms, surrogates and values
/// past U+10FFFF included), or npos if all of `text` is well-formed.
std::size_t find_invalid_utf8(std::string_view text);

}  // namespace zoetrope
