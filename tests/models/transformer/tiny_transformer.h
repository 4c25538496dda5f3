#pragma once

#include <string>

#include "checkpoint/model_index.h"
#include "checkpoint/weight_reader.h"
#include "models/wan/transformer.h"
#include "support/golden_weights.h"
#include "support/temporary_folder.h"

namespace zoetrope::test {

/// A transformer small enough to run in milliseconds, as its config.json would state it. The
/// default is the one that diffusers' own tests use.
struct TinyTransformer {
  std::int64_t channels = 16, in_channels = 0;  ///< 0: as many as `channels`
  std::int64_t image_dim = 0, image_positions = 0;
  bool image_attention = false;
  std::int64_t heads = 2, head_dim = 12, ffn_dim = 32, layers = 2;
  std::int64_t freq_dim = 256, text_dim = 32;
  bool cross_attn_norm = true;

  std::int64_t reads() const { return in_channels > 0 ? in_channels : channels; }
  std::string config_json() const;
  TensorShapes shapes() const;
};

/// A tiny transformer's folder as a checkpoint has it, with the golden weights.
class TransformerFolder {
 public:
  TransformerFolder(const std::string& config_json, const TensorShapes& shapes,
                    std::uint64_t tid0 = 0);
  explicit TransformerFolder(const TinyTransformer& tiny, std::uint64_t tid0 = 0)
      : TransformerFolder(tiny.config_json(), tiny.shapes(), tid0) {}

  WanTransformerConfig config() const;
  WanTransformer load(at::ScalarType compute_type = at::kFloat,
                      std::int64_t kept_blocks = kAllBlocks) const;

 private:
  TemporaryFolder folder_;
};

}  // namespace zoetrope::test
