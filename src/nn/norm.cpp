#include "nn/norm.h"

#include "ops/layer_norm_modulate.h"
#include "ops/rms_norm.h"

namespace zoetrope {

RmsNorm::RmsNorm(const WeightReader& weights, std::int64_t dim, double epsilon)
    : weight(weights.take("weight", {dim})), eps(epsilon) {}

Tensor RmsNorm::operator()(const Tensor& x) const { return ops::rms_norm(x, weight, eps); }

void RmsNorm::apply_in_place(const Tensor& x) const { ops::rms_norm_in_place(x, weight, eps); }

LayerNorm::LayerNorm(const WeightReader& weights, std::int64_t dim, double epsilon)
    : weight(weights.take_fp32("weight", {dim}).unsqueeze(0)),
      bias(weights.take_fp32("bias", {dim}).unsqueeze(0)),
      eps(epsilon) {}

Tensor LayerNorm::operator()(const Tensor& x) const {
  return ops::layer_norm_modulate(x, weight, bias, eps);
}

}  // namespace zoetrope
