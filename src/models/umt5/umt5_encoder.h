#pragma once

#include <vector>

#include "models/umt5/umt5_config.h"
#include "nn/blocks.h"
#include "nn/linear.h"
#include "nn/norm.h"
#include "tensor/tensor.h"

namespace zoetrope {

/// The bucket of every distance from -(tokens - 1) to tokens - 1, key less query: i64
/// [2 * tokens - 1]. Near distances have a bucket of their own, further ones share buckets that
/// widen with the logarithm. Source: Raffel et al. 2020 (arXiv:1910.10683); the logarithm is
/// computed in fp32 as transformers does.
Tensor umt5_distance_buckets(std::int64_t tokens, std::int64_t buckets, std::int64_t max_distance);

class Umt5Block {
 public:
  Umt5Block(const Umt5Config& config, const WeightReader& weights);

  /// x: [1, n, D]; buckets: umt5_distance_buckets(n, …). Returns [1, n, D].
  Tensor forward(const Tensor& x, const Tensor& buckets) const;

 private:
  Tensor self_attention(const Tensor& x, const Tensor& buckets) const;
  Tensor position_bias(const Tensor& buckets) const;
  Tensor feed_forward(const Tensor& x) const;

  std::int64_t heads_, head_dim_;
  RmsNorm attention_norm_;
  Linear q_, k_, v_, o_;
  Tensor bias_table_;  ///< [buckets, N]; every block has its own
  RmsNorm ffn_norm_;
  Linear gate_, up_, down_;  ///< wi_0, wi_1, wo
};

class Umt5Encoder {
 public:
  /// kept_blocks: how many blocks stay in memory.
  /// Throws Error(kCorrupt) if the embedding is all zeros, which a known fault of a converter
  /// leaves behind.
  Umt5Encoder(const Umt5Config& config, const WeightReader& weights,
              std::int64_t kept_blocks = kAllBlocks);

  const Umt5Config& config() const { return config_; }

  /// ids: at least one, of real tokens only. Returns [1, n, D] in the compute type.
  /// Throws Error(kCorrupt) for an id that the embedding has no row for.
  Tensor encode(const std::vector<std::int32_t>& ids) const;

 private:
  Umt5Config config_;
  Tensor embedding_;  ///< [vocabulary, D]
  Blocks<Umt5Block> blocks_;
  RmsNorm final_norm_;
};

}  // namespace zoetrope
