#include <cmath>

#include "kernels/qk_norm_rope/qk_norm_rope.h"

namespace zoetrope::kernels {
namespace {

template <typename T>
inline float rounded(float value) {
  T element;
  store(value, element);
  return to_float(element);
}

// 1 / sqrt(mean(x^2) + eps)
template <typename T>
inline float scale_of(const T* x, std::int64_t dim, float eps) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t d = 0; d < dim; ++d) {
    const float value = to_float(x[d]);
    sum += value * value;
  }
  return 1.0F / std::sqrt(sum / static_cast<float>(dim) + eps);
}

template <typename T>
inline void rotate_head(const QkNormRopeArgs& args, std::int64_t token, float scale,
                        const T* weight, T* x) {
  const float* cos = args.cos + token * args.pairs;
  const float* sin = args.sin + token * args.pairs;
#pragma omp simd
  for (std::int64_t j = 0; j < args.pairs; ++j) {
    const float even = rounded<T>(to_float(x[2 * j]) * scale * to_float(weight[2 * j]));
    const float odd = rounded<T>(to_float(x[2 * j + 1]) * scale * to_float(weight[2 * j + 1]));
    store(even * cos[j] - odd * sin[j], x[2 * j]);
    store(even * sin[j] + odd * cos[j], x[2 * j + 1]);
  }
}

template <typename T>
inline void rotate_token(const QkNormRopeArgs& args, std::int64_t token, const void* weight, T* x) {
  const std::int64_t head_dim = 2 * args.pairs, dim = args.heads * head_dim;
  const float scale = scale_of(x, dim, args.eps);
  for (std::int64_t d = 0; d < dim; d += head_dim) {
    rotate_head(args, token, scale, static_cast<const T*>(weight) + d, x + d);
  }
}

template <typename T>
inline void rotate_tokens(const QkNormRopeArgs& args, std::int64_t begin, std::int64_t end) {
  for (std::int64_t l = begin; l < end; ++l) {
    rotate_token(args, l, args.q_weight, static_cast<T*>(args.q) + l * args.q_stride);
    rotate_token(args, l, args.k_weight, static_cast<T*>(args.k) + l * args.k_stride);
  }
}

}  // namespace

ZOETROPE_MULTIVERSION
void qk_norm_rope_cpu(const QkNormRopeArgs& args, std::int64_t begin, std::int64_t end) {
  if (args.type == ElementType::kF32) {
    rotate_tokens<float>(args, begin, end);
  } else {
    rotate_tokens<Bf16>(args, begin, end);
  }
}

}  // namespace zoetrope::kernels
