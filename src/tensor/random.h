#pragma once

#include "tensor/tensor.h"

namespace zoetrope {

/// Standard normal fp32 noise of `shape`, exactly what
/// `torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed))` gives, so that a clip
/// can be compared with the reference pipeline's on every device.
Tensor initial_noise(std::int64_t seed, at::IntArrayRef shape);

}  // namespace zoetrope
