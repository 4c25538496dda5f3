#pragma once

#include <vector>

#include "models/clip/clip_vision_config.h"
#include "nn/linear.h"
#include "nn/norm.h"

namespace zoetrope {

/// One layer: attention and feed-forward, each behind a norm and added to its input.
class ClipVisionLayer {
 public:
  ClipVisionLayer(const ClipVisionConfig& config, const WeightReader& weights);

  Tensor forward(const Tensor& x) const;  ///< [1, n, D] -> [1, n, D]

 private:
  Tensor self_attention(const Tensor& x) const;
  Tensor feed_forward(const Tensor& x) const;

  ClipVisionConfig::Activation activation_;
  std::int64_t heads_, head_dim_;
  LayerNorm norm1_, norm2_;
  Linear qkv_, out_;
  Linear up_, down_;
};

/// The tower without its last layer and what comes after it: transformers' hidden_states[-2].
class ClipVision {
 public:
  /// weights: of the whole component; what is not run is left out.
  ClipVision(const ClipVisionConfig& config, const WeightReader& weights);

  /// pixels: fp32 [1, 3, S, S], S = image_size, as the processor makes them.
  /// Returns [1, tokens(), D] in the compute type, the whole picture's row first.
  /// Throws Error(kCorrupt) for another shape.
  Tensor operator()(const Tensor& pixels) const;

 private:
  ClipVisionConfig config_;
  Tensor patch_weight_;    ///< [D, 3, patch, patch]
  Tensor class_token_;     ///< [D]
  Tensor position_table_;  ///< [tokens(), D]
  LayerNorm first_norm_;
  std::vector<ClipVisionLayer> layers_;
};

}  // namespace zoetrope
