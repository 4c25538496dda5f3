#pragma once

#include "kernels/linear/linear_cpu.h"
#include "tensor/tensor.h"

namespace zoetrope::ops {

using kernels::Activation;

/// The matrix of a linear layer in the order in which this processor multiplies fastest.
class LinearMatrix {
 public:
  LinearMatrix() = default;

  /// weight: [out, in], fp32 or bf16; on device meta nothing is kept but the shape.
  explicit LinearMatrix(const Tensor& weight);

  std::int64_t in() const { return in_; }
  std::int64_t out() const { return out_; }

 private:
  friend Tensor linear(const Tensor& x, const LinearMatrix& matrix, const Tensor& bias,
                       Activation activation);

  Tensor weight_;  ///< [out, in]; or, where tiles are fast, a tile of rows after the other, packed
  std::int64_t in_ = 0, out_ = 0;
  bool packed_ = false;
};

/// activation(x matrix^T + bias). In bf16 sums are fp32 and the result is rounded once.
///
/// x: [..., in] of the matrix's type; bias: [out] of the same type, or undefined.
/// Returns [..., out], contiguous.
Tensor linear(const Tensor& x, const LinearMatrix& matrix, const Tensor& bias,
              Activation activation = Activation::kNone);

}  // namespace zoetrope::ops
