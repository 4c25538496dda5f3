#pragma once

#include "models/wan/transformer_config.h"
#include "nn/linear.h"
#include "nn/norm.h"

namespace zoetrope {

/// What makes an image encoder's rows as wide as the transformer. Source: diffusers'
/// WanImageEmbedding; the norms are fp32 and have an epsilon of their own.
class WanImageEmbedder {
 public:
  WanImageEmbedder(const WanTransformerConfig& config, const WeightReader& weights);

  /// rows: [1, n, image_dim] -> [1, n, D], in the compute type. With a table of positions (models
  /// for a first and a last frame) n must be the table's rows.
  Tensor operator()(const Tensor& rows) const;

 private:
  at::ScalarType compute_type_;
  LayerNorm norm1_, norm2_;
  Linear up_, down_;
  Tensor positions_;  ///< [1, n, image_dim], or undefined
};

}  // namespace zoetrope
