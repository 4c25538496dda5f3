#pragma once

#include <optional>

#include "models/wan/rope.h"
#include "models/wan/transformer_config.h"
#include "nn/linear.h"
#include "nn/norm.h"

namespace zoetrope {

/// What goes with a clip, embedded.
struct ContextRows {
  Tensor text;       ///< [1, S, D]
  Tensor text_bias;  ///< fp32 [S], of attention to it; or undefined
  Tensor image;      ///< [1, n, D]; or undefined
};

/// Keys and values of a context's rows: [1, S, N, K] each.
struct KeysValues {
  Tensor keys;
  Tensor values;
  Tensor bias;  ///< fp32 [S]; or undefined
};

/// What a block's cross-attention needs of a prompt and, where the model looks at a still, of it.
struct BlockContext {
  KeysValues text;
  std::optional<KeysValues> image;
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

  /// The same for every step, so computed once a prompt. Without keys of its own the image stands
  /// in front of the text.
  BlockContext context(const ContextRows& rows) const;

  /// x: [1, L, D] -> [1, L, D]. Every token attends to every row of the text, padding included,
  /// and with the same query to every row of the image; both results are added.
  Tensor operator()(const Tensor& x, const BlockContext& context) const;

 private:
  struct ImageBranch {
    Linear to_k, to_v;
    RmsNorm norm_k;
  };
  KeysValues split(const Tensor& keys, const Tensor& values, const Tensor& bias) const;

  std::int64_t heads_, head_dim_;
  Linear to_q_, to_k_, to_v_;
  RmsNorm norm_q_, norm_k_;
  Linear to_out_;
  std::optional<ImageBranch> image_;
};

class WanFeedForward {
 public:
  WanFeedForward(const WanTransformerConfig& config, const WeightReader& weights);

  /// x: [1, L, D] -> [1, L, D]
  Tensor operator()(const Tensor& x) const;

 private:
  Linear up_, down_;
};

/// The time as the blocks see it. Tokens whose times differ stand in runs: those of frames that are
/// known already have time 0.
struct BlockTime {
  Tensor rows;                         ///< fp32 [R, 6, D], of each run
  std::vector<std::int64_t> run_ends;  ///< where each run of tokens ends; empty if R is 1
};

/// How the time shapes one branch of a block: fp32 [R, D] each.
struct Modulation {
  Tensor shift;
  Tensor scale;  ///< one is already added
  Tensor gate;
};

/// One transformer block. Source: Wan 2.1 `WanAttentionBlock`; names as in diffusers.
class WanBlock {
 public:
  WanBlock(const WanTransformerConfig& config, const WeightReader& weights);

  BlockContext context(const ContextRows& rows) const { return cross_attention_.context(rows); }

  /// x: [1, L, D] -> [1, L, D].
  Tensor forward(Tensor x, const BlockContext& context, const BlockTime& time,
                 const Rope& rope) const;

 private:
  std::pair<Modulation, Modulation> modulation(const Tensor& time) const;

  Tensor scale_shift_table_;  ///< fp32 [1, 6, D]
  double eps_;
  WanSelfAttention self_attention_;
  std::optional<LayerNorm> cross_norm_;
  WanCrossAttention cross_attention_;
  WanFeedForward feed_forward_;
};

}  // namespace zoetrope
