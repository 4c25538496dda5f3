#include "models/wan/image_embedder.h"

#include "tensor/shape.h"

namespace zoetrope {
namespace {

constexpr double kEps = 1e-5;

}  // namespace

WanImageEmbedder::WanImageEmbedder(const WanTransformerConfig& config, const WeightReader& weights)
    : compute_type_(weights.compute_type()),
      norm1_(weights.scope("norm1"), config.image_dim, kEps),
      norm2_(weights.scope("norm2"), config.dim(), kEps),
      up_(weights.scope("ff.net.0.proj"), config.image_dim, config.image_dim),
      down_(weights.scope("ff.net.2"), config.image_dim, config.dim()) {
  if (config.image_positions > 0) {
    positions_ = weights.take("pos_embed", {1, config.image_positions, config.image_dim});
  }
}

Tensor WanImageEmbedder::operator()(const Tensor& rows) const {
  require_shape(rows, {1, positions_.defined() ? positions_.size(1) : kAny, norm1_.weight.size(1)},
                "the image's encoding");
  Tensor x = rows.to(compute_type_).contiguous();
  if (positions_.defined()) x = x + positions_;
  Tensor hidden = up_(norm1_(x));
  at::gelu_(hidden);  // exact, unlike the text's
  return norm2_(down_(hidden));
}

}  // namespace zoetrope
