#pragma once

#include "tensor/tensor.h"

namespace zoetrope::ops {

/// layer_norm(x) * scale + shift over the last axis; fp32 inside, rounded once.
///
/// x: [1, L, D]; scale, shift: fp32 [R, D], a row for each run of tokens.
/// run_ends: where each of the R runs ends, the last one at L; empty: one run, all tokens.
/// Returns [1, L, D] of the type of x, contiguous.
Tensor layer_norm_modulate(const Tensor& x, const Tensor& scale, const Tensor& shift, double eps,
                           at::IntArrayRef run_ends = {});

}  // namespace zoetrope::ops
