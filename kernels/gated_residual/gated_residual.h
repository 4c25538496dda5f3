#pragma once

#include <cstdint>

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

}  // namespace zoetrope::kernels
