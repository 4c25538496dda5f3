#pragma once

#include "tensor/tensor.h"

namespace zoetrope::ops {

/// layer_norm(x) * scale + shift over the last axis; fp32 inside, rounded once.
///
/// x: [1, L, D]; scale, shift: fp32 [1, D] for all tokens, or [L, D].
/// Returns [1, L, D] of the type of x, contiguous.
Tensor layer_norm_modulate(const Tensor& x, const Tensor& scale, const Tensor& shift, double eps);

}  // namespace zoetrope::ops
