#include <cmath>

#include "kernels/common/exponential.h"
#include "kernels/rms_norm/rms_norm.h"

namespace zoetrope::kernels {
namespace {

inline float silu(float x) { return over_one_plus_power(x, -x * kLog2OfE); }

template <typename T, bool kSilu>
inline void rms_norm_row(const RmsNormArgs& args, const T* x, T* y) {
  const T* weight = static_cast<const T*>(args.weight);
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t d = 0; d < args.dim; ++d) {
    const float value = to_float(x[d]);
    sum += value * value;
  }
  const float scale = 1.0F / std::sqrt(sum / static_cast<float>(args.dim) + args.eps);
#pragma omp simd
  for (std::int64_t d = 0; d < args.dim; ++d) {
    const float value = to_float(x[d]) * scale * to_float(weight[d]);
    store(kSilu ? silu(value) : value, y[d]);
  }
}

template <typename T, bool kSilu>
inline void rms_norm_rows(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  for (std::int64_t r = begin; r < end; ++r) {
    rms_norm_row<T, kSilu>(args, static_cast<const T*>(args.x) + r * args.x_stride,
                           static_cast<T*>(args.y) + r * args.y_stride);
  }
}

template <bool kSilu>
inline void rms_norm_any(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  if (args.type == ElementType::kF32) {
    rms_norm_rows<float, kSilu>(args, begin, end);
  } else {
    rms_norm_rows<Bf16, kSilu>(args, begin, end);
  }
}

}  // namespace

ZOETROPE_MULTIVERSION
void rms_norm_cpu(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  rms_norm_any<false>(args, begin, end);
}

ZOETROPE_MULTIVERSION
void rms_norm_silu_cpu(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  rms_norm_any<true>(args, begin, end);
}

}  // namespace zoetrope::kernels
