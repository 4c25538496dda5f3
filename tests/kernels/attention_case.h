#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include "kernels/attention/attention.h"
#include "kernels/emulator/half_bits.h"
#include "kernels/rows.h"

namespace zoetrope::kernels::test {

/// IEEE binary16, as attention takes it.
struct F16 {
  std::uint16_t bits;
};
inline float to_float(F16 value) { return emulator::half_to_float(value.bits); }
inline void store(float value, F16& element) { element.bits = emulator::float_to_half(value); }

struct AttentionShape {
  std::int64_t queries = 1, keys = 1, head_dim = 64, heads = 1;
};

/// q, k and v side by side for each token, as one product for all three leaves them; between the
/// tokens is padding of a sector.
template <typename T>
class AttentionCaseOf {
 public:
  AttentionCaseOf(const AttentionShape& shape, bool biased, unsigned seed = 1)
      : shape_(shape),
        width_(shape.heads * shape.head_dim),
        qkv_(std::max(shape.queries, shape.keys), 3 * width_, 3 * width_ + 16, seed),
        y_(shape.queries, width_, width_ + 16, seed + 1) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (std::int64_t s = 0; s < shape.keys; ++s) bias_.push_back(biased ? normal(random) : 0.0F);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (std::int64_t l = 0; l < shape.queries; ++l) {
      for (std::int64_t d = 0; d < width_; ++d) store(nan, y_.at(l, d));
    }
    args_.q = qkv_.data();
    args_.k = qkv_.data() + width_;
    args_.v = qkv_.data() + 2 * width_;
    args_.y = y_.data();
    args_.key_bias = biased ? bias_.data() : nullptr;
    args_.queries = shape.queries;
    args_.keys = shape.keys;
    args_.heads = shape.heads;
    args_.head_dim = shape.head_dim;
    args_.q_token_stride = args_.k_token_stride = args_.v_token_stride = 3 * width_ + 16;
    args_.q_head_stride = args_.k_head_stride = args_.v_head_stride = shape.head_dim;
    args_.y_token_stride = width_ + 16;
    args_.y_head_stride = shape.head_dim;
    args_.type = std::is_same_v<T, F16> ? AttentionType::kF16 : AttentionType::kBF16;
    args_.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(shape.head_dim)));
  }

  AttentionArgs& args() { return args_; }
  std::vector<float>& bias() { return bias_; }
  Rows<T>& qkv() { return qkv_; }
  Rows<T>& y() { return y_; }
  /// sum_s softmax_s(scale * q k + bias) v
  std::vector<double> formula(std::int64_t l, std::int64_t n) {
    const std::int64_t dim = shape_.head_dim, q = n * dim, k = width_ + q, v = 2 * width_ + q;
    std::vector<double> weights, y(static_cast<std::size_t>(dim));
    double largest = -INFINITY, total = 0;
    for (std::int64_t s = 0; s < shape_.keys; ++s) {
      double product = 0;
      for (std::int64_t d = 0; d < dim; ++d) product += qkv_.value(l, q + d) * qkv_.value(s, k + d);
      weights.push_back(double{args_.scale} * product + bias_[static_cast<std::size_t>(s)]);
      largest = std::fmax(largest, weights.back());
    }
    for (double& weight : weights) total += weight = std::exp(weight - largest);
    for (std::int64_t d = 0; d < dim; ++d) {
      double& sum = y[static_cast<std::size_t>(d)];
      for (std::int64_t s = 0; s < shape_.keys; ++s) {
        sum += weights[static_cast<std::size_t>(s)] / total * qkv_.value(s, v + d);
      }
    }
    return y;
  }

  /// |found - formula| / |formula| over everything.
  double relative_error() {
    double difference = 0, size = 0;
    for (std::int64_t l = 0; l < shape_.queries; ++l) {
      for (std::int64_t n = 0; n < shape_.heads; ++n) {
        const std::vector<double> expected = formula(l, n);
        for (std::int64_t d = 0; d < shape_.head_dim; ++d) {
          const double value = expected[static_cast<std::size_t>(d)];
          difference += std::pow(y_.value(l, n * shape_.head_dim + d) - value, 2);
          size += value * value;
        }
      }
    }
    return std::sqrt(difference / size);
  }

 private:
  AttentionShape shape_;
  std::int64_t width_;
  Rows<T> qkv_, y_;
  std::vector<float> bias_;
  AttentionArgs args_;
};
using AttentionCase = AttentionCaseOf<Bf16>;

}  // namespace zoetrope::kernels::test
