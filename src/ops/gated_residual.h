#pragma once

#include "tensor/tensor.h"

namespace zoetrope::ops {

/// x + gate * branch; fp32 inside, rounded once. Written over `branch`, which is returned: a
/// block's branches are fresh tensors, and `x` stays what its owner thinks it is.
///
/// x, branch: [1, L, D] of one type; gate: fp32 [R, D], a row for each run of tokens; run_ends: as
/// for layer_norm_modulate.
Tensor gated_residual(const Tensor& x, Tensor branch, const Tensor& gate,
                      at::IntArrayRef run_ends = {});

}  // namespace zoetrope::ops
