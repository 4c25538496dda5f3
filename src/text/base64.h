#pragma once

#include <string>
#include <string_view>

namespace zoetrope {

/// Source: RFC 4648, section 4; padded, no line breaks.
/// Throws Error(kCorrupt); `where` begins the message.
std::string decode_base64(std::string_view text, const std::string& where);

}  // namespace zoetrope
