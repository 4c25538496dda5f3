#pragma once

#include "tensor/tensor.h"

namespace zoetrope::ops {

/// As attention() without its bias, in bf16, where has_fast_tiles(at::kBFloat16). Tiles of queries
/// and keys are multiplied by oneDNN's kernels, on all of ATen's threads; beside the result it
/// takes a fixed amount of memory a thread and packed keys and values of some heads at a time.
Tensor tiled_attention(const Tensor& q, const Tensor& k, const Tensor& v, double scale);

}  // namespace zoetrope::ops
