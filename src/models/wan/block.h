#pragma once

#include <optional>

#include "models/wan/rope.h"
#include "models/wan/transformer_config.h"
#include "nn/linear.h"
#include "nn/norm.h"

namespace zoetrope {

/// What a block's cross-attention needs of a prompt: [1, S, N, K] each.
struct KeysValues {
  Tensor keys;
  Tensor values;
};

class WanSelfAttention {
 public:
  WanSelfAttention(const WanTransformerConfig& config, const WeightReader& weights);

  /// x: [1, L, D] -> [1, L, D]. Every token attends to every token.
  Tensor operator()(const Tensor& x, const Rope& rope) const;

 private:
  std::int64_t heads_, head_dim_;
  Linear to_qkv_;
  RmsNorm norm_q_, norm_k_;  ///< over all heads together
  Linear to_out_;
};

class WanCrossAttention {
 public:
  WanCrossAttention(const WanTransformerConfig& config, const WeightReader& weights);

  /// text: [1, S, D], embedded. The same for every step, so computed once a prompt.
  KeysValues keys_values(const Tensor& text) const;

  /// x: [1, L, D] -> [1, L, D]. Every token attends to every row of the text, padding included.
  Tensor operator()(const Tensor& x, const KeysValues& text) const;

 private:
  std::int64_t heads_, head_dim_;
  Linear to_q_, to_k_, to_v_;
  RmsNorm norm_q_, norm_k_;
  Linear to_out_;
};

class WanFeedForward {
 public:
  WanFeedForward(const WanTransformerConfig& config, const WeightReader& weights);

  /// x: [1, L, D] -> [1, L, D]
  Tensor operator()(const Tensor& x) const;

 private:
  Linear up_, down_;
};

/// How the time shapes one branch of a block: fp32 [1, D] each, or [L, D] where tokens have times
/// of their own.
struct Modulation {
  Tensor shift;
  Tensor scale;  ///< one is already added
  Tensor gate;
};

/// One transformer block. Source: Wan 2.1 `WanAttentionBlock`; names as in diffusers.
class WanBlock {
 public:
  WanBlock(const WanTransformerConfig& config, const WeightReader& weights);

  KeysValues keys_values(const Tensor& text) const { return cross_attention_.keys_values(text); }

  /// x: [1, L, D]; time: fp32 [1, 6, D], or [L, 6, D] where tokens have times of their own.
  /// Returns [1, L, D].
  Tensor forward(Tensor x, const KeysValues& text, const Tensor& time, const Rope& rope) const;

 private:
  std::pair<Modulation, Modulation> modulation(const Tensor& time) const;
  Tensor modulated(const Tensor& x, const Modulation& modulation) const;

  Tensor scale_shift_table_;  ///< fp32 [1, 6, D]
  double eps_;
  WanSelfAttention self_attention_;
  std::optional<LayerNorm> cross_norm_;
  WanCrossAttention cross_attention_;
  WanFeedForward feed_forward_;
};

}  // namespace zoetrope
