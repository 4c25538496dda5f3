#pragma once

#include <cstdint>

#include "kernels/common/cuda_stream.h"
#include "kernels/common/element.h"

namespace zoetrope::kernels {

enum class AttentionType { kBF16, kF16 };

/// y[l][n] = sum_s p[s] * v[s][n],  p = softmax_s(scale * dot(q[l][n], k[s][n]) + key_bias[s])
///
/// Shapes:  q, y: [queries, heads, head_dim]; k, v: [keys, heads, head_dim], unit stride in the
/// last
///          axis; key_bias: [keys], or null. At least one key; scale > 0. A bias of log(c) makes
///          one key count for c equal ones; -infinity hides it, but not all may be hidden.
/// Strides: of tokens and heads, in elements. y overlaps none of the others.
/// Types:   q, k, v and y share `type`; products and sums are fp32. The weights are rounded to it
///          before they meet v.
/// Source:  Vaswani et al. 2017 (arXiv:1706.03762); in tiles: Dao 2023 (arXiv:2307.08691).
struct AttentionArgs {
  const void* q = nullptr;
  const void* k = nullptr;
  const void* v = nullptr;
  void* y = nullptr;
  const float* key_bias = nullptr;
  std::int64_t queries = 0;
  std::int64_t keys = 0;
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t q_token_stride = 0;
  std::int64_t q_head_stride = 0;
  std::int64_t k_token_stride = 0;
  std::int64_t k_head_stride = 0;
  std::int64_t v_token_stride = 0;
  std::int64_t v_head_stride = 0;
  std::int64_t y_token_stride = 0;
  std::int64_t y_head_stride = 0;
  float scale = 0;
  AttentionType type = AttentionType::kBF16;
};

/// Heads that attention_cuda takes. It computes with 64, 96, 128, 192 or 256 channels, of which
/// those that a head lacks are zeros.
constexpr bool is_cuda_head(std::int64_t head_dim) {
  return head_dim >= 16 && head_dim <= 256 && head_dim % 16 == 0;
}

/// Enqueues all queries and heads on a stream; pointers are of the device. Returns a cudaError_t: 0
/// if it was launched, cudaErrorInvalidValue where is_cuda_head(head_dim) is false, or where a
/// pointer or stride is not a multiple of 16 bytes.
int attention_cuda(const AttentionArgs& args, CudaStream stream);

}  // namespace zoetrope::kernels
