#include "nn/linear.h"

#include <utility>

namespace zoetrope {

Linear::Linear(const Tensor& weight, Tensor bias_) : matrix(weight), bias(std::move(bias_)) {}

Linear::Linear(const WeightReader& weights, std::int64_t in, std::int64_t out)
    : Linear(weights.take("weight", {out, in}), weights.take("bias", {out})) {}

Linear Linear::without_bias(const WeightReader& weights, std::int64_t in, std::int64_t out) {
  return {weights.take("weight", {out, in}), Tensor()};
}

Linear Linear::in_fp32(const WeightReader& weights, std::int64_t in, std::int64_t out) {
  return {weights.take_fp32("weight", {out, in}), weights.take_fp32("bias", {out})};
}

Linear Linear::joined(const WeightReader& weights, std::initializer_list<const char*> names,
                      std::int64_t in, std::int64_t out) {
  std::vector<Tensor> all_weights, all_biases;
  for (const char* name : names) {
    const WeightReader part = weights.scope(name);
    all_weights.push_back(part.take("weight", {out, in}));
    all_biases.push_back(part.take("bias", {out}));
  }
  const Tensor weight = at::cat(all_weights);
  all_weights.clear();  // before the matrix makes its own copy
  return {weight, at::cat(all_biases)};
}

Tensor Linear::operator()(const Tensor& x) const { return ops::linear(x, matrix, bias); }

Tensor Linear::then_gelu(const Tensor& x) const {
  return ops::linear(x, matrix, bias, ops::Activation::kGeluTanh);
}

}  // namespace zoetrope
