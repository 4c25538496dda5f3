#pragma once

#include <cstdint>

#include "tensor/tensor.h"

namespace zoetrope {

/// What each token is rotated by: fp32 [L, K / 2] each, tokens in (frame, row, column) order.
struct Rope {
  Tensor cos;
  Tensor sin;
};

/// The angles of a grid of tokens. A head's K / 2 pairs are shared out to frame, row and column in
/// that order, K / 6 (rounded down) to each of row and column; pair j of an axis with d channels
/// turns by position * 10000^(-2j / d). Computed in fp64, rounded once.
/// Source: Wan 2.1 `rope_params`, `rope_apply`.
Rope make_rope(std::int64_t frames, std::int64_t rows, std::int64_t columns, std::int64_t head_dim);

}  // namespace zoetrope
