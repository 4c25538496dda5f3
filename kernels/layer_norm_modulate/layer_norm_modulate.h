#pragma once

#include <cstdint>

#include "kernels/common/cuda_stream.h"
#include "kernels/common/element.h"

namespace zoetrope::kernels {

/// y[r][d] = (x[r][d] - mean_d(x[r])) / sqrt(variance_d(x[r]) + eps) * scale[r][d] + shift[r][d]
///
/// Shapes:  x, y: [rows, dim], unit stride in dim; scale, shift: [rows, dim], or [dim] for all
/// rows. Strides: of rows, in elements; a scale_stride or shift_stride of 0 uses one row for all.
///          y may be x.
/// Types:   x, y share `type`; scale, shift are fp32; computed in fp32 and rounded once. The
///          variance is of the centred values and divides by dim.
/// Source:  Ba et al. 2016 (arXiv:1607.06450); modulated: Peebles & Xie 2023 (arXiv:2212.09748).
struct LayerNormModulateArgs {
  const void* x = nullptr;
  const float* scale = nullptr;
  const float* shift = nullptr;
  void* y = nullptr;
  std::int64_t dim = 0;
  std::int64_t x_stride = 0;
  std::int64_t y_stride = 0;
  std::int64_t scale_stride = 0;
  std::int64_t shift_stride = 0;
  float eps = 0;
  ElementType type = ElementType::kF32;
};

/// Computes rows [begin, end).
void layer_norm_modulate_cpu(const LayerNormModulateArgs& args, std::int64_t begin,
                             std::int64_t end);

/// Enqueues rows [begin, end) on a stream; pointers are of the device. Returns a cudaError_t: 0 if
/// it was launched. Accesses are of 16 bytes where all pointers and strides are multiples of that.
int layer_norm_modulate_cuda(const LayerNormModulateArgs& args, std::int64_t begin,
                             std::int64_t end, CudaStream stream);

/// The same rows in int8, for products with 8-bit matrices. With v what layer_norm_modulate rounds:
///   row_scales[r] = max_d |v[r][d]| / 127
///   y[r][d]       = v[r][d] / row_scales[r], to the nearest whole number, halves to the even one
/// Rows of zeros are zeros with scale 0; a row with a NaN is zeros with scale NaN.
///
/// Shapes:  row_scales: fp32 [rows]; all else as above, but y is int8 and not x.
/// Source:  dynamic scales for each token: Dettmers et al. 2022 (arXiv:2208.07339).
struct LayerNormQuantiseArgs {
  LayerNormModulateArgs norm;
  float* row_scales = nullptr;
};

void layer_norm_quantise_cpu(const LayerNormQuantiseArgs& args, std::int64_t begin,
                             std::int64_t end);

/// As layer_norm_modulate_cuda; cudaErrorInvalidValue unless all rows are multiples of 16 bytes of
/// x, whose elements as int8 are whole vectors too.
int layer_norm_quantise_cuda(const LayerNormQuantiseArgs& args, std::int64_t begin,
                             std::int64_t end, CudaStream stream);

}  // namespace zoetrope::kernels
