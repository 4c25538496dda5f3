#include "ops/attention.h"

#include "ops/device_attention.h"
#include "ops/tiled_attention.h"
#include "ops/tiles.h"
#include "tensor/shape.h"

namespace zoetrope::ops {

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, double scale,
                 const Tensor& bias) {
  require_shape(q, {1, kAny, kAny, kAny}, "attention: q");
  require_shape(k, {1, kAny, q.size(2), q.size(3)}, "attention: k");
  require_shape(v, {1, k.size(1), q.size(2), q.size(3)}, "attention: v");
  const bool of_keys = bias.defined() && bias.dim() == 1;
  if (of_keys) require_shape(bias, {k.size(1)}, "attention: bias");
  if (has_device_attention(q, bias)) return device_attention(q, k, v, scale, bias);
  // In fp32 the reference's own kernel: random networks make differences of its rounding visible.
  // Pairs of channels are multiplied at once.
  const bool tiles = q.scalar_type() == at::kBFloat16 && has_fast_tiles(at::kBFloat16);
  if (tiles && (of_keys || !bias.defined()) && q.size(3) % 2 == 0) {
    return tiled_attention(q, k, v, scale, bias);
  }
  std::optional<Tensor> mask;
  if (of_keys) {
    mask = bias.to(q.scalar_type()).expand({1, 1, q.size(1), k.size(1)});
  } else if (bias.defined()) {
    require_shape(bias, {1, q.size(2), q.size(1), k.size(1)}, "attention: bias");
    mask = bias;
  }
  // ATen wants heads before tokens and picks its flash kernel, which takes any strides.
  const Tensor heads = at::scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2),
                                                        v.transpose(1, 2), mask, /*dropout_p=*/0.0,
                                                        /*is_causal=*/false, scale);
  return heads.transpose(1, 2).flatten(2);
}

}  // namespace zoetrope::ops
