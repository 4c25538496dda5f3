#pragma once

#include <cstdint>

#include "kernels/common/cuda_stream.h"
#include "kernels/common/element.h"

namespace zoetrope::kernels {

/// y[r][d] = x[r][d] + gate[r][d] * branch[r][d]
///
/// Shapes:  x, branch, y: [rows, dim], unit stride in dim; gate: [rows, dim], or [dim] for all
/// rows. Strides: of rows, in elements; gate_stride 0 uses one gate for all rows. y may be x or
/// branch. Types:   x, branch, y share `type`; gate is fp32; computed in fp32 and rounded once.
/// Source:  Peebles & Xie 2023 (arXiv:2212.09748), adaLN-Zero.
struct GatedResidualArgs {
  const void* x = nullptr;
  const void* branch = nullptr;
  const float* gate = nullptr;
  void* y = nullptr;
  std::int64_t dim = 0;
  std::int64_t x_stride = 0;
  std::int64_t branch_stride = 0;
  std::int64_t y_stride = 0;
  std::int64_t gate_stride = 0;
  ElementType type = ElementType::kF32;
};

/// Computes rows [begin, end).
void gated_residual_cpu(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end);

/// Enqueues rows [begin, end) on a stream; pointers are of the device. Returns a cudaError_t: 0 if
/// it was launched. Accesses are of 16 bytes where all pointers and strides are multiples of that.
int gated_residual_cuda(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end,
                        CudaStream stream);

}  // namespace zoetrope::kernels
