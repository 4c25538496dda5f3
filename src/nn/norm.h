#pragma once

#include "checkpoint/weight_reader.h"
#include "tensor/tensor.h"

namespace zoetrope {

/// x / sqrt(mean(x^2) + eps) * weight over the last axis. The weight is in the compute type.
struct RmsNorm {
  Tensor weight;  ///< [dim]
  double eps;

  RmsNorm(const WeightReader& weights, std::int64_t dim, double epsilon);

  Tensor operator()(const Tensor& x) const;  ///< [1, L, dim] -> the same, contiguous
  void apply_in_place(const Tensor& x) const;
};

/// (x - mean) / sqrt(variance + eps) * weight + bias over the last axis. Weight and bias stay fp32
/// whatever the compute type.
struct LayerNorm {
  Tensor weight;  ///< fp32 [1, dim]
  Tensor bias;    ///< fp32 [1, dim]
  double eps;

  LayerNorm(const WeightReader& weights, std::int64_t dim, double epsilon);

  Tensor operator()(const Tensor& x) const;  ///< [1, L, dim] -> the same, contiguous
};

}  // namespace zoetrope
