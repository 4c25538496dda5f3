#pragma once

#include <cstdint>

#include "kernels/common/cuda_stream.h"
#include "kernels/common/element.h"

namespace zoetrope::kernels {

/// Normalises q and k over all of a token's heads together, and rotates adjacent pairs of a head's
/// channels by angles that depend on the token alone. For x of (q, k), with its weight, d over all
/// channels of a token and n, j over its heads and their pairs:
///   u[l][d]         = x[l][d] / sqrt(mean_d(x[l][d]^2) + eps) * weight[d]
///   x[l][n][2j]     = u[l][n][2j] * cos[l][j] - u[l][n][2j + 1] * sin[l][j]
///   x[l][n][2j + 1] = u[l][n][2j] * sin[l][j] + u[l][n][2j + 1] * cos[l][j]
/// The table's columns are the token's frame, row and column angles side by side.
///
/// Shapes:  q, k: [tokens, heads, 2 * pairs], written over, a token's heads side by side;
///          q_weight, k_weight: [heads, 2 * pairs]; cos, sin: [tokens, pairs], contiguous.
/// Strides: of the tokens of q and k, in elements.
/// Types:   all but cos and sin, which are fp32, share `type`. Computed in fp32; u is rounded to
///          `type` as it is in the reference, and the result once more.
/// Source:  Zhang & Sennrich 2019 (arXiv:1910.07467); Su et al. 2021 (arXiv:2104.09864); the three
///          axes: Wan 2.1 `rope_apply`.
struct QkNormRopeArgs {
  void* q = nullptr;
  void* k = nullptr;
  const void* q_weight = nullptr;
  const void* k_weight = nullptr;
  const float* cos = nullptr;
  const float* sin = nullptr;
  std::int64_t heads = 0;
  std::int64_t pairs = 0;
  std::int64_t q_stride = 0;
  std::int64_t k_stride = 0;
  float eps = 0;
  ElementType type = ElementType::kF32;
};

/// Computes tokens [begin, end).
void qk_norm_rope_cpu(const QkNormRopeArgs& args, std::int64_t begin, std::int64_t end);

/// Enqueues tokens [begin, end) on a stream; pointers are of the device. Returns a cudaError_t: 0
/// if it was launched. Accesses are of 16 bytes where all pointers and strides are multiples of
/// that.
int qk_norm_rope_cuda(const QkNormRopeArgs& args, std::int64_t begin, std::int64_t end,
                      CudaStream stream);

}  // namespace zoetrope::kernels
