#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zoetrope {

/// Other names under which people know an option, which is named as its flag is, "num-frames":
/// "--frames,--video-frames", the short one first. Empty if there are none.
std::string_view aliases_of(std::string_view flag);

/// The key of an option in files, which also answers to its aliases and to hyphens:
/// "num-inference-steps" -> "steps". A name that isn't known comes back with underscores.
std::string key_of(std::string_view written);

/// The name of `known` that is at most two edits (three for long words) away, or empty.
std::string nearest_name(const std::string& word, const std::vector<std::string>& known);

}  // namespace zoetrope
