#pragma once

#include "tensor/tensor.h"

namespace zoetrope::ops {

/// x / sqrt(mean(x^2) + eps) * weight over the last axis; fp32 inside, rounded once.
///
/// x: [1, L, D]; weight: [D] of the same type. Returns [1, L, D], contiguous.
Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps);

/// y * sigmoid(y) of the same, written into `into`, which is of x's shape and type.
void rms_norm_silu(const Tensor& x, const Tensor& weight, double eps, const Tensor& into);

/// rms_norm, written over x, whose rows may be slices of longer ones.
void rms_norm_in_place(const Tensor& x, const Tensor& weight, double eps);

}  // namespace zoetrope::ops
