#pragma once

#include <initializer_list>

#include "checkpoint/weight_reader.h"
#include "ops/linear.h"
#include "tensor/tensor.h"

namespace zoetrope {

/// y = x weight^T + bias
struct Linear {
  ops::LinearMatrix matrix;
  Tensor bias;  ///< [out], or undefined

  Linear() = default;
  /// weight: [out, in]; bias: [out], or undefined.
  Linear(const Tensor& weight, Tensor bias);
  /// Takes `weight` and `bias` in the compute type.
  Linear(const WeightReader& weights, std::int64_t in, std::int64_t out);

  static Linear without_bias(const WeightReader& weights, std::int64_t in, std::int64_t out);
  static Linear in_fp32(const WeightReader& weights, std::int64_t in, std::int64_t out);

  /// Several layers of one input as one, their outputs side by side in the order of `names`.
  static Linear joined(const WeightReader& weights, std::initializer_list<const char*> names,
                       std::int64_t in, std::int64_t out);

  /// x: [..., in], of the weight's type. Returns [..., out].
  Tensor operator()(const Tensor& x) const;

  /// gelu_tanh of that.
  Tensor then_gelu(const Tensor& x) const;
};

}  // namespace zoetrope
