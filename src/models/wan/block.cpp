#include "models/wan/block.h"

#include <cmath>

#include "ops/attention.h"
#include "ops/gated_residual.h"
#include "ops/layer_norm_modulate.h"
#include "ops/qk_norm_rope.h"

namespace zoetrope {
namespace {

double attention_scale(std::int64_t head_dim) {
  return 1.0 / std::sqrt(static_cast<double>(head_dim));
}

}  // namespace

WanSelfAttention::WanSelfAttention(const WanTransformerConfig& config, const WeightReader& weights)
    : heads_(config.heads),
      head_dim_(config.head_dim),
      to_qkv_(Linear::joined(weights, {"to_q", "to_k", "to_v"}, config.dim(), config.dim())),
      norm_q_(weights.scope("norm_q"), config.dim(), config.eps),
      norm_k_(weights.scope("norm_k"), config.dim(), config.eps),
      to_out_(weights.scope("to_out.0"), config.dim(), config.dim()) {}

Tensor WanSelfAttention::operator()(const Tensor& x, const Rope& rope) const {
  const std::vector<Tensor> qkv = to_qkv_(x).chunk(3, /*dim=*/2);
  ops::qk_norm_rope_in_place(qkv[0], qkv[1], heads_,
                             {norm_q_.weight, norm_k_.weight, norm_q_.eps, rope.cos, rope.sin});

  const auto heads = [&](const Tensor& t) { return t.unflatten(2, {heads_, head_dim_}); };
  return to_out_(
      ops::attention(heads(qkv[0]), heads(qkv[1]), heads(qkv[2]), attention_scale(head_dim_)));
}

WanCrossAttention::WanCrossAttention(const WanTransformerConfig& config,
                                     const WeightReader& weights)
    : heads_(config.heads),
      head_dim_(config.head_dim),
      to_q_(weights.scope("to_q"), config.dim(), config.dim()),
      to_k_(weights.scope("to_k"), config.dim(), config.dim()),
      to_v_(weights.scope("to_v"), config.dim(), config.dim()),
      norm_q_(weights.scope("norm_q"), config.dim(), config.eps),
      norm_k_(weights.scope("norm_k"), config.dim(), config.eps),
      to_out_(weights.scope("to_out.0"), config.dim(), config.dim()) {
  weights.ignore("norm_added_q.weight");  // stored by some converters, used by no model
  if (config.image_attention) {
    image_ = {Linear(weights.scope("add_k_proj"), config.dim(), config.dim()),
              Linear(weights.scope("add_v_proj"), config.dim(), config.dim()),
              RmsNorm(weights.scope("norm_added_k"), config.dim(), config.eps)};
  }
}

KeysValues WanCrossAttention::split(const Tensor& keys, const Tensor& values,
                                    const Tensor& bias) const {
  return {keys.unflatten(2, {heads_, head_dim_}), values.unflatten(2, {heads_, head_dim_}), bias};
}

BlockContext WanCrossAttention::context(const ContextRows& context) const {
  const Tensor& image = context.image;
  Tensor rows = context.text, bias = context.text_bias;
  if (image.defined() && !image_) {
    rows = at::cat({image, rows}, /*dim=*/1);
    if (bias.defined()) bias = at::cat({at::zeros({image.size(1)}), bias});
  }
  BlockContext result{split(norm_k_(to_k_(rows)), to_v_(rows), bias), std::nullopt};
  if (image.defined() && image_) {
    result.image = split(image_->norm_k(image_->to_k(image)), image_->to_v(image), {});
  }
  return result;
}

Tensor WanCrossAttention::operator()(const Tensor& x, const BlockContext& context) const {
  const Tensor q = to_q_(x);
  norm_q_.apply_in_place(q);
  const auto attend = [&](const KeysValues& rows) {
    return ops::attention(q.unflatten(2, {heads_, head_dim_}), rows.keys, rows.values,
                          attention_scale(head_dim_), rows.bias);
  };
  const Tensor text = attend(context.text);
  return to_out_(context.image ? text + attend(*context.image) : text);
}

WanFeedForward::WanFeedForward(const WanTransformerConfig& config, const WeightReader& weights)
    : up_(weights.scope("net.0.proj"), config.dim(), config.ffn_dim),
      down_(weights.scope("net.2"), config.ffn_dim, config.dim()) {}

Tensor WanFeedForward::operator()(const Tensor& x) const {
  return down_(up_.then_gelu(x));  // [1, L, ffn_dim], the largest tensor of a forward pass
}

WanBlock::WanBlock(const WanTransformerConfig& config, const WeightReader& weights)
    : scale_shift_table_(weights.take_fp32("scale_shift_table", {1, 6, config.dim()})),
      eps_(config.eps),
      self_attention_(config, weights.scope("attn1")),
      cross_attention_(config, weights.scope("attn2")),
      feed_forward_(config, weights.scope("ffn")) {
  if (config.cross_attn_norm) {
    cross_norm_.emplace(weights.scope("norm2"), config.dim(), config.eps);
  }
}

Tensor WanBlock::forward(Tensor x, const BlockContext& context, const BlockTime& time,
                         const Rope& rope) const {
  const auto [attention, ffn] = modulation(time.rows);
  // The norm before a modulation has no weights of its own.
  const auto modulated = [&](const Modulation& m) {
    return ops::layer_norm_modulate(x, m.scale, m.shift, eps_, time.run_ends);
  };
  const auto add = [&](const Tensor& branch, const Modulation& m) {
    return ops::gated_residual(x, branch, m.gate, time.run_ends);
  };

  x = add(self_attention_(modulated(attention), rope), attention);
  x = x + cross_attention_(cross_norm_ ? (*cross_norm_)(x) : x, context);
  x = add(feed_forward_(modulated(ffn)), ffn);
  return x;
}

std::pair<Modulation, Modulation> WanBlock::modulation(const Tensor& time) const {
  const std::vector<Tensor> rows = (scale_shift_table_ + time).unbind(1);
  return {{rows[0], 1 + rows[1], rows[2]}, {rows[3], 1 + rows[4], rows[5]}};
}

}  // namespace zoetrope
