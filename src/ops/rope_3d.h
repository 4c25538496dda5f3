#pragma once

#include "tensor/tensor.h"

namespace zoetrope::ops {

/// Rotates adjacent pairs of every head's channels by their token's angles, written over x.
///
/// x: [1, L, N, K], unit stride in K, K even; cos, sin: fp32 [L, K / 2], contiguous.
void rope_3d_in_place(const Tensor& x, const Tensor& cos, const Tensor& sin);

}  // namespace zoetrope::ops
