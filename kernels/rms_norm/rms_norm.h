#pragma once

#include <cstdint>

#include "kernels/common/cuda_stream.h"
#include "kernels/common/element.h"

namespace zoetrope::kernels {

/// y[r][d] = x[r][d] / sqrt(mean_d(x[r][d]^2) + eps) * weight[d]
///
/// Shapes:  x, y: [rows, dim], unit stride in dim; weight: [dim].
/// Strides: of rows, in elements. y may be x.
/// Types:   x, y, weight share `type`; computed in fp32 and rounded once.
/// Source:  Zhang & Sennrich 2019 (arXiv:1910.07467).
struct RmsNormArgs {
  const void* x = nullptr;
  const void* weight = nullptr;
  void* y = nullptr;
  std::int64_t dim = 0;
  std::int64_t x_stride = 0;
  std::int64_t y_stride = 0;
  float eps = 0;
  ElementType type = ElementType::kF32;
};

/// Computes rows [begin, end).
void rms_norm_cpu(const RmsNormArgs& args, std::int64_t begin, std::int64_t end);

/// The same, then y * sigmoid(y), before the one rounding.
void rms_norm_silu_cpu(const RmsNormArgs& args, std::int64_t begin, std::int64_t end);

/// Enqueues rows [begin, end) on a stream; pointers are of the device. Returns a cudaError_t: 0 if
/// it was launched. Accesses are of 16 bytes where all pointers and strides are multiples of that.
int rms_norm_cuda(const RmsNormArgs& args, std::int64_t begin, std::int64_t end, CudaStream stream);
int rms_norm_silu_cuda(const RmsNormArgs& args, std::int64_t begin, std::int64_t end,
                       CudaStream stream);

}  // namespace zoetrope::kernels
