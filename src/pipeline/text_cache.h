#pragma once

#include <functional>
#include <list>
#include <string>
#include <utility>

#include "pipeline/pipeline.h"

namespace zoetrope {

/// What the text encoder made of the last prompts, since those of a batch repeat. Bounded: the
/// prompt that was not asked for longest goes first.
class TextCache {
 public:
  /// What `encode` makes of the prompt, or made of it before.
  const TextEncoding& get(const std::string& prompt, const std::function<TextEncoding()>& encode);

 private:
  std::list<std::pair<std::string, TextEncoding>> known_;  ///< last asked for first
  std::size_t bytes_ = 0;
};

}  // namespace zoetrope
