#pragma once

#include "tensor/tensor.h"

namespace zoetrope::ops {

/// What q and k are normalised with, over all heads, and each head is rotated by.
struct QkNormRope {
  Tensor q_weight, k_weight;  ///< [N * K] of the type of q and k
  double eps;
  Tensor cos, sin;  ///< fp32 [L, K / 2], contiguous: the tokens' angles of each pair of channels
};

/// rms_norm, and the rotation of adjacent pairs of every head's channels by their token's angles,
/// written over q and k.
///
/// q, k: [1, L, N * K] of one type, whose rows may be slices of longer ones; K even.
void qk_norm_rope_in_place(const Tensor& q, const Tensor& k, std::int64_t heads,
                           const QkNormRope& with);

}  // namespace zoetrope::ops
