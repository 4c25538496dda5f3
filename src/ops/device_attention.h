#pragma once

#include "tensor/tensor.h"

namespace zoetrope::ops {

/// Whether the device of q has a kernel for such queries and such a bias.
bool has_device_attention(const Tensor& q, const Tensor& bias);

/// As attention() there.
Tensor device_attention(const Tensor& q, const Tensor& k, const Tensor& v, double scale,
                        const Tensor& key_bias);

}  // namespace zoetrope::ops
