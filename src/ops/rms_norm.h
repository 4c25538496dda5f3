#pragma once

#include "tensor/tensor.h"

namespace zoetrope::ops {

/// x / sqrt(mean(x^2) + eps) * weight over the last axis; fp32 inside, rounded once.
///
/// x: [1, L, D]; weight: [D] of the same type. Returns [1, L, D], contiguous.
Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps);

/// The same, written over x, whose rows may be slices of longer ones.
void rms_norm_in_place(const Tensor& x, const Tensor& weight, double eps);

}  // namespace zoetrope::ops
