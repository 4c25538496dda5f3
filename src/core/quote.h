#pragma once

#include <string>
#include <string_view>

namespace zoetrope {

/// Whether `text` (UTF-8) holds what a terminal obeys: C0, DEL or C1 (U+0000-U+001F,
/// U+007F-U+009F).
bool has_control_character(std::string_view text);

/// A stranger's text (UTF-8) as an error message may show it: in single quotes, control characters
/// as \u001b, and at most kMaxQuotedBytes of it; the rest is "…".
std::string in_quotes(std::string_view text);

/// Long enough for the names of tensors.
inline constexpr std::size_t kMaxQuotedBytes = 120;

}  // namespace zoetrope
