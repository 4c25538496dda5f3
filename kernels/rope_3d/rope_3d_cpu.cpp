#include "kernels/rope_3d/rope_3d.h"

namespace zoetrope::kernels {
namespace {

template <typename T>
inline void rotate_head(const T* x, const float* cos, const float* sin, T* y, std::int64_t pairs) {
#pragma omp simd
  for (std::int64_t j = 0; j < pairs; ++j) {
    const float even = to_float(x[2 * j]);
    const float odd = to_float(x[2 * j + 1]);
    store(even * cos[j] - odd * sin[j], y[2 * j]);
    store(even * sin[j] + odd * cos[j], y[2 * j + 1]);
  }
}

template <typename T>
inline void rotate_token(const Rope3dArgs& args, std::int64_t token) {
  const T* x = static_cast<const T*>(args.x) + token * args.x_token_stride;
  T* y = static_cast<T*>(args.y) + token * args.y_token_stride;
  const float* cos = args.cos + token * args.pairs;
  const float* sin = args.sin + token * args.pairs;
  for (std::int64_t n = 0; n < args.heads; ++n) {
    rotate_head(x + n * args.x_head_stride, cos, sin, y + n * args.y_head_stride, args.pairs);
  }
}

}  // namespace

ZOETROPE_MULTIVERSION
void rope_3d_cpu(const Rope3dArgs& args, std::int64_t begin, std::int64_t end) {
  for (std::int64_t l = begin; l < end; ++l) {
    if (args.type == ElementType::kF32) {
      rotate_token<float>(args, l);
    } else {
      rotate_token<Bf16>(args, l);
    }
  }
}

}  // namespace zoetrope::kernels
