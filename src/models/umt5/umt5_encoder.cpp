#include "models/umt5/umt5_encoder.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "ops/attention.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

Linear linear(const WeightReader& weights, const char* name, std::int64_t in, std::int64_t out) {
  return Linear::without_bias(weights.scope(name), in, out);
}

Tensor take_embedding(const Umt5Config& config, const WeightReader& weights) {
  const Tensor embedding = weights.take(config.embedding, {config.vocabulary, config.dim});
  weights.ignore("encoder.embed_tokens.weight");  // the same tensor where both are stored
  if (!embedding.is_meta() && !embedding.any().item<bool>()) {
    throw Error(ErrorCode::kCorrupt,
                "load text encoder: '" + config.embedding +
                    "' is all zeros (expected an embedding; the file was written by a faulty "
                    "converter)");
  }
  return embedding;
}

}  // namespace

Tensor umt5_distance_buckets(std::int64_t tokens, std::int64_t buckets, std::int64_t max_distance) {
  const std::int64_t half = buckets / 2;  // for each direction
  const std::int64_t exact = half / 2;    // distances with a bucket of their own
  const Tensor distance = at::arange(1 - tokens, tokens, at::kLong);
  const Tensor away = distance.abs();
  const double range = std::log(static_cast<double>(max_distance) / static_cast<double>(exact));
  const Tensor logarithm = at::log(away.clamp_min(1).to(at::kFloat) / exact) / range;
  const Tensor far = exact + (logarithm * (half - exact)).to(at::kLong);
  return at::where(away < exact, away, far.clamp_max(half - 1)) + (distance > 0) * half;
}

Umt5Block::Umt5Block(const Umt5Config& config, const WeightReader& weights)
    : heads_(config.heads),
      head_dim_(config.head_dim),
      attention_norm_(weights.scope("layer.0.layer_norm"), config.dim, config.eps),
      ffn_norm_(weights.scope("layer.1.layer_norm"), config.dim, config.eps) {
  const WeightReader attention = weights.scope("layer.0.SelfAttention");
  const std::int64_t inner = config.heads * config.head_dim;
  q_ = linear(attention, "q", config.dim, inner);
  k_ = linear(attention, "k", config.dim, inner);
  v_ = linear(attention, "v", config.dim, inner);
  o_ = linear(attention, "o", inner, config.dim);
  bias_table_ =
      attention.scope("relative_attention_bias").take("weight", {config.buckets, config.heads});

  const WeightReader ffn = weights.scope("layer.1.DenseReluDense");
  gate_ = linear(ffn, "wi_0", config.dim, config.ffn_dim);
  up_ = linear(ffn, "wi_1", config.dim, config.ffn_dim);
  down_ = linear(ffn, "wo", config.ffn_dim, config.dim);
}

Tensor Umt5Block::forward(const Tensor& x, const Tensor& buckets) const {
  const Tensor y = x + self_attention(attention_norm_(x), buckets);
  return y + feed_forward(ffn_norm_(y));
}

Tensor Umt5Block::self_attention(const Tensor& x, const Tensor& buckets) const {
  const auto heads = [&](const Tensor& t) { return t.unflatten(2, {heads_, head_dim_}); };
  // T5 trains without the usual 1 / sqrt(K).
  return o_(ops::attention(heads(q_(x)), heads(k_(x)), heads(v_(x)), /*scale=*/1.0,
                           position_bias(buckets)));
}

// [1, N, n, n] from one value a distance: row i of a head's matrix is a window of n of the 2n - 1
// values, and the first row's window is the last.
Tensor Umt5Block::position_bias(const Tensor& buckets) const {
  const Tensor by_distance = bias_table_.index_select(0, buckets).t();  // [N, 2n - 1]
  const std::int64_t tokens = (buckets.size(0) + 1) / 2;
  return by_distance.unfold(1, tokens, 1).flip(1).unsqueeze(0);
}

Tensor Umt5Block::feed_forward(const Tensor& x) const {
  return down_(gate_.then_gelu(x).mul_(up_(x)));
}

Umt5Encoder::Umt5Encoder(const Umt5Config& config, const WeightReader& weights,
                         std::int64_t kept_blocks)
    : config_(config),
      embedding_(take_embedding(config, weights)),
      blocks_(weights, "encoder.block", config.layers, kept_blocks,
              [config](const WeightReader& block) { return Umt5Block(config, block); }),
      final_norm_(weights.scope("encoder.final_layer_norm"), config.dim, config.eps) {}

Tensor Umt5Encoder::encode(const std::vector<std::int32_t>& ids) const {
  ZOETROPE_CHECK(!ids.empty());
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= config_.vocabulary) {
      throw Error(ErrorCode::kCorrupt, "encode prompt: the tokenizer gave token " +
                                           std::to_string(id) + " (the text encoder knows 0 to " +
                                           std::to_string(config_.vocabulary - 1) + ")");
    }
  }
  const auto count = static_cast<std::int64_t>(ids.size());
  const Tensor buckets = umt5_distance_buckets(count, config_.buckets, config_.max_distance);
  const Tensor tokens = at::tensor(at::ArrayRef<std::int32_t>(ids), at::kInt).unsqueeze(0);

  Tensor x = at::embedding(embedding_, tokens);  // [1, n, D]
  for (std::size_t i = 0; i < blocks_.size(); ++i) x = blocks_[i]->forward(x, buckets);
  return final_norm_(x);
}

}  // namespace zoetrope
