#include "pipeline/text_cache.h"

#include <algorithm>

namespace zoetrope {
namespace {

constexpr std::size_t kMostBytes = 256 << 20;  // 64 prompts of the largest encoder in bf16

}  // namespace

const TextEncoding& TextCache::get(const std::string& prompt,
                                   const std::function<TextEncoding()>& encode) {
  const auto found = std::find_if(known_.begin(), known_.end(),
                                  [&](const auto& entry) { return entry.first == prompt; });
  if (found != known_.end()) {
    known_.splice(known_.begin(), known_, found);
    return known_.front().second;
  }
  known_.emplace_front(prompt, encode());
  bytes_ += known_.front().second.context.nbytes();
  while (bytes_ > kMostBytes && known_.size() > 1) {
    bytes_ -= known_.back().second.context.nbytes();
    known_.pop_back();
  }
  return known_.front().second;
}

}  // namespace zoetrope
