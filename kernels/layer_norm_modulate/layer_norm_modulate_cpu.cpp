#include <cmath>

#include "kernels/layer_norm_modulate/layer_norm_modulate.h"

namespace zoetrope::kernels {
namespace {

template <typename T>
inline void layer_norm_row(const LayerNormModulateArgs& args, std::int64_t row) {
  const T* x = static_cast<const T*>(args.x) + row * args.x_stride;
  T* y = static_cast<T*>(args.y) + row * args.y_stride;
  const float* scale = args.scale + row * args.scale_stride;
  const float* shift = args.shift + row * args.shift_stride;
  const float count = static_cast<float>(args.dim);

  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t d = 0; d < args.dim; ++d) sum += to_float(x[d]);
  const float mean = sum / count;

  // A second pass: the mean of squares less the square of the mean cancels where |mean| is large.
  float squares = 0;
#pragma omp simd reduction(+ : squares)
  for (std::int64_t d = 0; d < args.dim; ++d) {
    const float centred = to_float(x[d]) - mean;
    squares += centred * centred;
  }
  const float inverse = 1.0F / std::sqrt(squares / count + args.eps);
#pragma omp simd
  for (std::int64_t d = 0; d < args.dim; ++d) {
    store((to_float(x[d]) - mean) * inverse * scale[d] + shift[d], y[d]);
  }
}

}  // namespace

ZOETROPE_MULTIVERSION
void layer_norm_modulate_cpu(const LayerNormModulateArgs& args, std::int64_t begin,
                             std::int64_t end) {
  for (std::int64_t r = begin; r < end; ++r) {
    if (args.type == ElementType::kF32) {
      layer_norm_row<float>(args, r);
    } else {
      layer_norm_row<Bf16>(args, r);
    }
  }
}

}  // namespace zoetrope::kernels
