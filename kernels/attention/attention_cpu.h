#pragma once

#include <cstdint>

#include "kernels/common/element.h"

namespace zoetrope::kernels {

/// The parts of attention in tiles (the formula and its sources: attention.h) that are not matrix
/// products: a caller multiplies a tile of queries by a tile of keys, turns the products into
/// weights, and multiplies those by the tile of values.

/// How many rows stand side by side in a packed matrix: products of bf16 take pairs.
inline constexpr std::int64_t rows_together(ElementType type) {
  return type == ElementType::kBF16 ? 2 : 1;
}

/// A tile of tokens of one head, made the right factor of a product; g = rows_together(type).
///
/// keys:    packed[n / g][s][n % g] = x[s][n]    (a product over the channels)
/// values:  packed[s / g][n][s % g] = x[s][n]    (a product over the tokens; bf16 alone)
///
/// Tokens from `tokens` to `padded` are zeros; padded is a multiple of g, as is head_dim for keys.
struct PackTileArgs {
  const void* x = nullptr;
  void* packed = nullptr;
  std::int64_t tokens = 0;
  std::int64_t padded = 0;
  std::int64_t head_dim = 0;
  std::int64_t x_token_stride = 0;
  ElementType type = ElementType::kF32;
};
void pack_keys_cpu(const PackTileArgs& args);
void pack_values_cpu(const PackTileArgs& args);

/// One more tile of keys, for some queries of one head. The peak is the most that any z was so far.
///
///   z[q][s]       = products[q][s] + key_bias[s] / scale
///   weights[q][s] = exp(scale * (z[q][s] - peak[q])),  0 for keys <= s < padded
///   sums[q]       = the sum of all weights so far
///   mixed         = what the tiles before added up to, of the same peak
///
/// Types: fp32; weights bf16, rounded once and summed before that.
struct SoftmaxTileArgs {
  float* products = nullptr;        ///< [queries, padded]; left at z
  const float* key_bias = nullptr;  ///< [keys], or null
  void* weights = nullptr;          ///< [queries, padded]
  float* peaks = nullptr;           ///< [queries]; kNoPeak before the first tile
  float* sums = nullptr;            ///< [queries]; 0 before the first tile
  float* mixed = nullptr;           ///< [queries, head_dim]
  std::int64_t queries = 0;
  std::int64_t keys = 0;
  std::int64_t padded = 0;
  std::int64_t head_dim = 0;
  float scale = 0;
};
constexpr float kNoPeak = -1e30F;
void softmax_tile_cpu(const SoftmaxTileArgs& args);

/// y[q][n] = mixed[q][n] / sums[q], rounded to bf16.
struct FinishTileArgs {
  const float* mixed = nullptr;  ///< [queries, head_dim]
  const float* sums = nullptr;   ///< [queries]
  void* y = nullptr;
  std::int64_t queries = 0;
  std::int64_t head_dim = 0;
  std::int64_t y_token_stride = 0;
};
void finish_tile_cpu(const FinishTileArgs& args);

}  // namespace zoetrope::kernels
