#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "checkpoint/safetensors.h"
#include "tensor/tensor.h"

namespace zoetrope {

/// The ATen type in which values of `dtype` are computed from: its own, fp32 for the 8-bit floats,
/// none for what holds no weights (integers, bool).
std::optional<at::ScalarType> value_type(DType dtype);

/// The scale of a tensor of `shape`, if it has one of these: [], [1] or [1, 1] for all of it, or
/// one a row as [rows] or [rows, 1].
bool is_scale_shape(const std::vector<std::int64_t>& scale, const std::vector<std::int64_t>& shape);

/// The index of the first element of a floating-point tensor that is NaN or infinite, or -1.
std::int64_t first_not_finite(const Tensor& tensor);

/// A tensor of a checkpoint as numbers: what is stored, times its scale where it is quantised.
/// Read piece by piece, so that beside the result there is never more than kPieceBytes of it.
class StoredValues {
 public:
  static constexpr std::int64_t kPieceBytes = 32 << 20;

  /// `scale`: of a shape that is_scale_shape, or without a file. Both must have a value_type.
  StoredValues(const TensorPlace& tensor, const TensorPlace& scale);

  /// Elements [begin, begin + out.numel()) in row-major order. out: contiguous, on the CPU, of a
  /// floating-point type; converted by rounding to nearest even. `piece` is memory for the bytes
  /// as they are stored, made here: kept from tensor to tensor it leaves no holes in the heap.
  void read(std::int64_t begin, const Tensor& out, Tensor& piece) const;

 private:
  void read_piece(std::int64_t begin, const Tensor& out, Tensor& piece) const;
  void apply_scale(std::int64_t begin, const Tensor& stored, const Tensor& out) const;

  TensorPlace place_;
  std::vector<float> scales_;      ///< empty, one, or one a row
  std::int64_t row_elements_ = 0;  ///< elements that share a scale
};

}  // namespace zoetrope
