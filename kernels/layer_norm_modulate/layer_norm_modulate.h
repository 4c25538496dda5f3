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

}  // namespace zoetrope::kernels
