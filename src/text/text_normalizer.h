#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "text/charsmap.h"

namespace zoetrope {

/// Removes white space at the ends of a text.
struct StripStep {
  bool left;
  bool right;
};

/// Replaces what is found from left to right.
struct ReplaceStep {
  std::string pattern;  ///< an exact text, not empty
  std::string content;
  std::size_t shortest_run;  ///< 0: each occurrence; n: n or more in a row become one content
};

/// What is done to a text before it is split; the steps apply in their order.
struct TextNormalizer {
  std::vector<std::variant<Charsmap, StripStep, ReplaceStep>> steps;

  /// text: well-formed UTF-8.
  std::string normalize(std::string_view text) const;
};

}  // namespace zoetrope
