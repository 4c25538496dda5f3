#include "models/clip/clip_vision.h"

#include <cmath>

#include "ops/attention.h"
#include "tensor/shape.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

WeightReader tower_of(const ClipVisionConfig& config, const WeightReader& weights) {
  return config.prefix.empty() ? weights : weights.scope("vision_model");
}

}  // namespace

ClipVisionLayer::ClipVisionLayer(const ClipVisionConfig& config, const WeightReader& weights)
    : activation_(config.activation),
      heads_(config.heads),
      head_dim_(config.dim / config.heads),
      norm1_(weights.scope("layer_norm1"), config.dim, config.eps),
      norm2_(weights.scope("layer_norm2"), config.dim, config.eps),
      qkv_(Linear::joined(weights.scope("self_attn"), {"q_proj", "k_proj", "v_proj"}, config.dim,
                          config.dim)),
      out_(weights.scope("self_attn.out_proj"), config.dim, config.dim),
      up_(weights.scope("mlp.fc1"), config.dim, config.ffn_dim),
      down_(weights.scope("mlp.fc2"), config.ffn_dim, config.dim) {}

Tensor ClipVisionLayer::forward(const Tensor& x) const {
  const Tensor y = x + self_attention(norm1_(x));
  return y + feed_forward(norm2_(y));
}

Tensor ClipVisionLayer::self_attention(const Tensor& x) const {
  const auto qkv = qkv_(x).unflatten(2, {3, heads_, head_dim_}).unbind(2);  // [1, n, N, K]
  const double scale = 1 / std::sqrt(static_cast<double>(head_dim_));
  return out_(ops::attention(qkv[0], qkv[1], qkv[2], scale));
}

Tensor ClipVisionLayer::feed_forward(const Tensor& x) const {
  const Tensor hidden = up_(x);
  return down_(activation_ == ClipVisionConfig::Activation::kGelu
                   ? at::gelu(hidden)
                   : hidden * at::sigmoid(hidden * 1.702));
}

ClipVision::ClipVision(const ClipVisionConfig& config, const WeightReader& weights)
    : config_(config),
      first_norm_(tower_of(config, weights).scope("pre_layrnorm"), config.dim, config.eps) {  // sic
  const WeightReader tower = tower_of(config, weights);
  const WeightReader embeddings = tower.scope("embeddings");
  patch_weight_ =
      embeddings.take("patch_embedding.weight", {config.dim, 3, config.patch, config.patch});
  class_token_ = embeddings.take("class_embedding", {config.dim});
  position_table_ = embeddings.take("position_embedding.weight", {config.tokens(), config.dim});
  for (std::int64_t i = 0; i + 1 < config.layers; ++i) {
    layers_.emplace_back(config, tower.scope("encoder.layers." + std::to_string(i)));
  }
  tower.ignore_scope("encoder.layers." + std::to_string(config.layers - 1));
  tower.ignore_scope("post_layernorm");
  weights.ignore_scope("visual_projection");
  embeddings.ignore("position_ids");  // 0, 1, 2 …, which older versions of transformers store
}

Tensor ClipVision::operator()(const Tensor& pixels) const {
  const std::int64_t expected[] = {1, 3, config_.image_size, config_.image_size};
  if (pixels.sizes() != at::IntArrayRef(expected)) {
    throw Error(ErrorCode::kCorrupt,
                "see still: image_processor makes " + shape_text(pixels.sizes()) +
                    " of it (the image encoder reads " + shape_text(expected) + ")");
  }
  const Tensor patches =
      at::conv2d(pixels.to(patch_weight_.scalar_type()), patch_weight_, {}, config_.patch);
  const Tensor rows =
      at::cat({class_token_.view({1, 1, -1}), patches.flatten(2).transpose(1, 2)}, 1);
  Tensor x = first_norm_(rows + position_table_);
  for (const ClipVisionLayer& layer : layers_) x = layer.forward(x);
  return x;
}

}  // namespace zoetrope
