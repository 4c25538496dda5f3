#pragma once

#include <memory>

#include "models/umt5/umt5_encoder.h"
#include "pipeline/pipeline.h"
#include "text/unigram_tokenizer.h"

namespace zoetrope {

/// Rows of context that a transformer is given for every prompt: 512 as Wan was trained with, or
/// what the tokenizer says its model was made for if that is less.
std::int64_t umt5_context_length(const UnigramTokenizer& tokenizer);

/// A prompt's way to the transformer: cleaned, tokenized, cut to the context's length, encoded,
/// and padded with rows of zeros. Source: diffusers' WanPipeline.encode_prompt.
class Umt5TextEncoder : public TextEncoder {
 public:
  Umt5TextEncoder(std::shared_ptr<const UnigramTokenizer> tokenizer, Umt5Encoder encoder);

  TextEncoding encode(const std::string& prompt) const override;

 private:
  std::shared_ptr<const UnigramTokenizer> tokenizer_;
  Umt5Encoder encoder_;
};

}  // namespace zoetrope
