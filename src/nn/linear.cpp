#include "nn/linear.h"

namespace zoetrope {

Linear::Linear(const WeightReader& weights, std::int64_t in, std::int64_t out)
    : weight(weights.take("weight", {out, in})), bias(weights.take("bias", {out})) {}

Linear Linear::without_bias(const WeightReader& weights, std::int64_t in, std::int64_t out) {
  Linear linear;
  linear.weight = weights.take("weight", {out, in});
  return linear;
}

Linear Linear::in_fp32(const WeightReader& weights, std::int64_t in, std::int64_t out) {
  Linear linear;
  linear.weight = weights.take_fp32("weight", {out, in});
  linear.bias = weights.take_fp32("bias", {out});
  return linear;
}

Linear Linear::joined(const WeightReader& weights, std::initializer_list<const char*> names,
                      std::int64_t in, std::int64_t out) {
  std::vector<Tensor> all_weights, all_biases;
  for (const char* name : names) {
    const Linear part(weights.scope(name), in, out);
    all_weights.push_back(part.weight);
    all_biases.push_back(part.bias);
  }
  Linear linear;
  linear.weight = at::cat(all_weights);
  linear.bias = at::cat(all_biases);
  return linear;
}

Tensor Linear::operator()(const Tensor& x) const {
  // Of a strided view, ATen would round the product to bf16 before it adds the bias.
  return at::linear(x.contiguous(), weight,
                    bias.defined() ? std::optional<Tensor>(bias) : std::nullopt);
}

}  // namespace zoetrope
