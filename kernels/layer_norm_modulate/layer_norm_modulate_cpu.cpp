#include <cmath>

#include "kernels/layer_norm_modulate/layer_norm_modulate.h"

namespace zoetrope::kernels {
namespace {

// NaN is larger than all.
inline float larger_size(float largest, float value) {
  const float size = std::fabs(value);
  return size > largest || size != size ? size : largest;
}

struct Moments {
  float mean, inverse;  // of the standard deviation
};

template <typename T>
inline Moments moments_of(const LayerNormModulateArgs& args, const T* x) {
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
  return {mean, 1.0F / std::sqrt(squares / count + args.eps)};
}

template <typename T>
inline void layer_norm_row(const LayerNormModulateArgs& args, std::int64_t row) {
  const T* x = static_cast<const T*>(args.x) + row * args.x_stride;
  T* y = static_cast<T*>(args.y) + row * args.y_stride;
  const float* scale = args.scale + row * args.scale_stride;
  const float* shift = args.shift + row * args.shift_stride;
  const auto [mean, inverse] = moments_of(args, x);
#pragma omp simd
  for (std::int64_t d = 0; d < args.dim; ++d) {
    store((to_float(x[d]) - mean) * inverse * scale[d] + shift[d], y[d]);
  }
}

template <typename T>
inline void quantise_row(const LayerNormQuantiseArgs& args, std::int64_t row) {
  const LayerNormModulateArgs& norm = args.norm;
  const T* x = static_cast<const T*>(norm.x) + row * norm.x_stride;
  std::int8_t* y = static_cast<std::int8_t*>(norm.y) + row * norm.y_stride;
  const Moments moments = moments_of(norm, x);
  const auto value = [&](std::int64_t d) {
    return (to_float(x[d]) - moments.mean) * moments.inverse *
               norm.scale[row * norm.scale_stride + d] +
           norm.shift[row * norm.shift_stride + d];
  };
  float largest = 0;
  for (std::int64_t d = 0; d < norm.dim; ++d) largest = larger_size(largest, value(d));
  const float scale = largest / 127.0F, inverse = scale > 0 ? 1.0F / scale : 0.0F;
  for (std::int64_t d = 0; d < norm.dim; ++d) {
    y[d] =
        inverse > 0 ? static_cast<std::int8_t>(std::nearbyint(value(d) * inverse)) : std::int8_t{0};
  }
  args.row_scales[row] = scale;
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

ZOETROPE_MULTIVERSION
void layer_norm_quantise_cpu(const LayerNormQuantiseArgs& args, std::int64_t begin,
                             std::int64_t end) {
  for (std::int64_t r = begin; r < end; ++r) {
    if (args.norm.type == ElementType::kF32) {
      quantise_row<float>(args, r);
    } else {
      quantise_row<Bf16>(args, r);
    }
  }
}

}  // namespace zoetrope::kernels
