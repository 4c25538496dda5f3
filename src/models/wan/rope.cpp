#include "models/wan/rope.h"

namespace zoetrope {
namespace {

// [positions, channels / 2] in fp64.
Tensor axis_angles(std::int64_t positions, std::int64_t channels) {
  const auto fp64 = at::TensorOptions().dtype(at::kDouble);
  const Tensor exponent = at::arange(channels / 2, fp64) * 2 / std::max<std::int64_t>(channels, 1);
  return at::outer(at::arange(positions, fp64), at::pow(10000.0, exponent).reciprocal());
}

}  // namespace

Rope make_rope(std::int64_t frames, std::int64_t rows, std::int64_t columns,
               std::int64_t head_dim) {
  const std::int64_t side = 2 * (head_dim / 6);
  const Tensor frame = axis_angles(frames, head_dim - 2 * side).view({frames, 1, 1, -1});
  const Tensor row = axis_angles(rows, side).view({1, rows, 1, side / 2});
  const Tensor column = axis_angles(columns, side).view({1, 1, columns, side / 2});
  const auto over_grid = [&](const Tensor& x) {
    return x.expand({frames, rows, columns, x.size(3)}).to(at::kFloat);
  };
  const auto table = [&](Tensor (*function)(const Tensor&)) {
    return at::cat(
               {over_grid(function(frame)), over_grid(function(row)), over_grid(function(column))},
               /*dim=*/3)
        .view({frames * rows * columns, head_dim / 2});
  };
  return {table(at::cos), table(at::sin)};
}

}  // namespace zoetrope
