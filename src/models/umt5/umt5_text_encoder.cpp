#include "models/umt5/umt5_text_encoder.h"

#include <algorithm>

#include "text/prompt_cleaning.h"

namespace zoetrope {

std::int64_t umt5_context_length(const UnigramTokenizer& tokenizer) {
  constexpr std::int64_t kWanContext = 512;
  return std::clamp<std::int64_t>(tokenizer.model_max_length().value_or(kWanContext), 1,
                                  kWanContext);
}

Umt5TextEncoder::Umt5TextEncoder(std::shared_ptr<const UnigramTokenizer> tokenizer,
                                 Umt5Encoder encoder)
    : tokenizer_(std::move(tokenizer)), encoder_(std::move(encoder)) {}

TextEncoding Umt5TextEncoder::encode(const std::string& prompt) const {
  const std::int64_t length = umt5_context_length(*tokenizer_);
  std::vector<std::int32_t> ids = tokenizer_->encode(clean_prompt(prompt));
  const auto wanted = static_cast<std::int64_t>(ids.size());
  ids = truncate(std::move(ids), length);
  const auto tokens = static_cast<std::int64_t>(ids.size());

  TextEncoding result;
  result.tokens = tokens;
  result.cut_tokens = wanted - tokens;
  // Encoding the real tokens alone is what a padding mask would give, and less work.
  const Tensor rows = encoder_.encode(ids);
  result.context = at::constant_pad_nd(rows, {0, 0, 0, length - tokens});
  return result;
}

}  // namespace zoetrope
