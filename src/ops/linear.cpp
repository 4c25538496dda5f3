#include "ops/linear.h"

#include <algorithm>

#include <ATen/Parallel.h>

#include "core/check.h"
#include "kernels/attention/attention_cpu.h"
#include "ops/dispatch.h"
#include "ops/tiles.h"

namespace zoetrope::ops {
namespace {

// Of the result: a thread makes a tile at a time. The rows of a group pass all of the matrix before
// the next group's do, so that the matrix is read from memory once a group.
constexpr std::int64_t kTileRows = 128, kTileColumns = 64, kGroupTiles = 4;
// Of the inner dimension: as much of both factors as the second-level cache has room for.
constexpr std::int64_t kDepth = 2048;

std::int64_t tiles_of(std::int64_t size, std::int64_t tile) { return (size + tile - 1) / tile; }

// Columns of tile i of the result, and what they are packed as.
std::int64_t columns_of(std::int64_t i, std::int64_t out) {
  return std::min(kTileColumns, out - i * kTileColumns);
}

// A tile of the matrix's rows is a right factor as a tile of keys is: both are multiplied by along
// their own rows.
template <typename T>
Tensor pack(const Tensor& weight) {
  const std::int64_t out = weight.size(0), in = weight.size(1), tiles = tiles_of(out, kTileColumns);
  const Tensor rows = weight.contiguous();
  Tensor packed = at::empty({round_up(out, kColumnsTogether) * in}, weight.options());
  at::parallel_for(0, tiles, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      kernels::PackTileArgs args;
      args.tokens = columns_of(i, out);
      args.padded = round_up(args.tokens, kColumnsTogether);
      args.head_dim = args.x_token_stride = in;
      args.type = element_type(weight);
      args.x = static_cast<const T*>(rows.const_data_ptr()) + i * kTileColumns * in;
      args.packed = static_cast<T*>(packed.data_ptr()) + i * kTileColumns * in;
      kernels::pack_keys_cpu(args);
    }
  });
  return packed;
}

// One tile of the result, at row `row` and in column tile `tile`.
template <typename T>
class ProductTiles {
 public:
  ProductTiles(const Tensor& x, const Tensor& packed, const Tensor& y,
               kernels::FinishLinearArgs finish)
      : x_(x), packed_(packed), y_(y), finish_(finish) {}

  void make(std::int64_t row, std::int64_t tile, float* products) const {
    const std::int64_t rows = std::min(kTileRows, x_.size(0) - row), in = x_.size(1);
    const std::int64_t columns = columns_of(tile, y_.size(1));
    const std::int64_t padded = round_up(columns, kColumnsTogether);
    const T* x = static_cast<const T*>(x_.const_data_ptr()) + row * x_.stride(0);
    const T* matrix = static_cast<const T*>(packed_.const_data_ptr()) + tile * kTileColumns * in;
    for (std::int64_t k = 0; k < in; k += kDepth) {
      const std::int64_t depth = std::min(kDepth, in - k);
      multiply<T>({rows, padded, depth, x + k, x_.stride(0), matrix + k * padded, products},
                  /*add=*/k > 0);
    }
    kernels::FinishLinearArgs finish = finish_;
    finish.products = products;
    finish.rows = rows;
    finish.columns = columns;
    finish.products_stride = padded;
    if (finish.bias) finish.bias = static_cast<const T*>(finish.bias) + tile * kTileColumns;
    finish.y = static_cast<T*>(y_.data_ptr()) + row * y_.size(1) + tile * kTileColumns;
    finish.y_stride = y_.size(1);
    kernels::finish_linear_cpu(finish);
  }

 private:
  const Tensor &x_, &packed_, &y_;  // [rows, in], the matrix, [rows, out]
  kernels::FinishLinearArgs finish_;
};

template <typename T>
void multiply_all(const Tensor& x, const Tensor& packed, const Tensor& y,
                  const kernels::FinishLinearArgs& finish) {
  const ProductTiles<T> tiles(x, packed, y, finish);
  const std::int64_t row_tiles = tiles_of(x.size(0), kTileRows);
  const std::int64_t column_tiles = tiles_of(y.size(1), kTileColumns);
  at::parallel_for(0, row_tiles * column_tiles, 1, [&](std::int64_t begin, std::int64_t end) {
    const Tensor products = at::empty({kTileRows, kTileColumns}, at::kFloat);
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t group = i / (kGroupTiles * column_tiles) * kGroupTiles;
      const std::int64_t in_group = std::min(kGroupTiles, row_tiles - group);
      const std::int64_t j = i - group * column_tiles;
      tiles.make((group + j % in_group) * kTileRows, j / in_group,
                 products.mutable_data_ptr<float>());
    }
    release_tiles();
  });
}

}  // namespace

LinearMatrix::LinearMatrix(const Tensor& weight)
    : weight_(weight), in_(weight.size(1)), out_(weight.size(0)) {
  // Pairs of bf16 are multiplied at once.
  packed_ = weight.is_cpu() && in_ % 2 == 0 && has_fast_tiles(weight.scalar_type());
  if (!packed_) return;
  weight_ = weight.scalar_type() == at::kFloat ? pack<float>(weight) : pack<at::BFloat16>(weight);
}

Tensor linear(const Tensor& x, const LinearMatrix& matrix, const Tensor& bias,
              Activation activation) {
  ZOETROPE_CHECK(x.size(-1) == matrix.in_ && x.scalar_type() == matrix.weight_.scalar_type());
  if (!matrix.packed_) {
    // Of a strided view, ATen would round the product to bf16 before it adds the bias.
    Tensor y = at::linear(x.contiguous(), matrix.weight_,
                          bias.defined() ? std::optional<Tensor>(bias) : std::nullopt);
    return activation == Activation::kGeluTanh ? at::gelu_(y, "tanh") : y;
  }
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape.back() = matrix.out_;
  const Tensor y = at::empty(shape, x.options());
  kernels::FinishLinearArgs finish;
  finish.activation = activation;
  finish.type = element_type(x);
  if (bias.defined()) {
    ZOETROPE_CHECK(bias.scalar_type() == x.scalar_type() && bias.is_contiguous());
    finish.bias = bias.const_data_ptr();
  }
  const Tensor rows = x.contiguous().view({-1, matrix.in_});
  const Tensor results = y.view({-1, matrix.out_});
  x.scalar_type() == at::kFloat ? multiply_all<float>(rows, matrix.weight_, results, finish)
                                : multiply_all<at::BFloat16>(rows, matrix.weight_, results, finish);
  return y;
}

}  // namespace zoetrope::ops
