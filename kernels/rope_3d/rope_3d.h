#pragma once

#include <cstdint>

#include "kernels/common/cuda_stream.h"
#include "kernels/common/element.h"

namespace zoetrope::kernels {

/// Rotates adjacent pairs of a head's channels by angles that depend on the token alone:
///   y[l][n][2j]     = x[l][n][2j] * cos[l][j] - x[l][n][2j + 1] * sin[l][j]
///   y[l][n][2j + 1] = x[l][n][2j] * sin[l][j] + x[l][n][2j + 1] * cos[l][j]
/// The table's columns are the token's frame, row and column angles side by side.
///
/// Shapes:  x, y: [tokens, heads, 2 * pairs], unit stride in the last axis;
///          cos, sin: [tokens, pairs], contiguous.
/// Strides: of tokens and heads, in elements. y may be x with the same strides.
/// Types:   x, y share `type`; cos, sin are fp32; computed in fp32 and rounded once.
/// Source:  Su et al. 2021 (arXiv:2104.09864); the three axes: Wan 2.1 `rope_apply`.
struct Rope3dArgs {
  const void* x = nullptr;
  const float* cos = nullptr;
  const float* sin = nullptr;
  void* y = nullptr;
  std::int64_t heads = 0;
  std::int64_t pairs = 0;
  std::int64_t x_token_stride = 0;
  std::int64_t x_head_stride = 0;
  std::int64_t y_token_stride = 0;
  std::int64_t y_head_stride = 0;
  ElementType type = ElementType::kF32;
};

/// Computes tokens [begin, end).
void rope_3d_cpu(const Rope3dArgs& args, std::int64_t begin, std::int64_t end);

/// Enqueues tokens [begin, end) on a stream; pointers are of the device. Returns a cudaError_t: 0
/// if it was launched. Accesses are of 16 bytes where all pointers and strides are multiples of
/// that.
int rope_3d_cuda(const Rope3dArgs& args, std::int64_t begin, std::int64_t end, CudaStream stream);

}  // namespace zoetrope::kernels
