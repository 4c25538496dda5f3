#pragma once

#include "tensor/tensor.h"

namespace zoetrope::ops {

/// Whether the device of q has a kernel for such queries [1, L, N, D] and such a bias ([S], or
/// undefined): bf16, of head sizes that kernels/attention says.
bool has_device_attention(const Tensor& q, const Tensor& bias);

/// As attention() there.
Tensor device_attention(const Tensor& q, const Tensor& k, const Tensor& v, double scale,
                        const Tensor& key_bias);

}  // namespace zoetrope::ops
