#pragma once

#include "tensor/tensor.h"

namespace zoetrope::ops {

/// Whether this processor multiplies tiles of the type fast.
bool has_fast_tiles(at::ScalarType type);

/// Columns of packed tiles come in so many, which are whole vectors.
constexpr std::int64_t kColumnsTogether = 16;

constexpr std::int64_t round_up(std::int64_t value, std::int64_t to) {
  return (value + to - 1) / to * to;
}

/// A left factor and what it is multiplied to; depth is even for bf16.
template <typename T>
struct TileProduct {
  std::int64_t rows, columns, depth;
  const T* a;             ///< [rows, depth]
  std::int64_t a_stride;  ///< of its rows
  const T* b;             ///< [depth, columns], packed as kernels/attention/attention_cpu.h says
  float* c;               ///< [rows, columns]
};

/// c = a b, or c += a b, by oneDNN's kernels on the calling thread, which calls release_tiles when
/// it has multiplied for the last time. T: float or at::BFloat16.
template <typename T>
void multiply(const TileProduct<T>& product, bool add);
void release_tiles();

}  // namespace zoetrope::ops
