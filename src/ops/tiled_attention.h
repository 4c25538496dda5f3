#pragma once

#include "tensor/tensor.h"

namespace zoetrope::ops {

/// As attention() in bf16, where has_fast_tiles(at::kBFloat16); key_bias: undefined or fp32 [S].
/// Tiles of queries and keys are multiplied by oneDNN's kernels, on all of ATen's threads; beside
/// the result it takes a fixed amount of memory a thread and packed keys and values of some heads
/// at a time.
Tensor tiled_attention(const Tensor& q, const Tensor& k, const Tensor& v, double scale,
                       const Tensor& key_bias);

}  // namespace zoetrope::ops
