#pragma once

#include "tensor/tensor.h"

namespace zoetrope::ops {

/// softmax(scale * q k^T + bias) v in every head, without the L x S matrix in memory.
///
/// q: [1, L, N, K]; k, v: [1, S, N, K], unit stride in K. bias: undefined; or [1, N, L, S] of the
/// type of q; or fp32 [S], the same for every query and head. Returns [1, L, N * K], heads side by
/// side.
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, double scale,
                 const Tensor& bias = {});

}  // namespace zoetrope::ops
