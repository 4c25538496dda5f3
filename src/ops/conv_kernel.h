#pragma once

#include <array>

#include "tensor/tensor.h"

namespace zoetrope {

/// A convolution's kernel and bias, and how it goes over frames.
class ConvKernel {
 public:
  using PerAxis = std::array<std::int64_t, 3>;  ///< of frames, rows and columns

  /// weight: [O, C, kt, kh, kw]; bias: [O].
  ConvKernel(const Tensor& weight, Tensor bias, PerAxis stride, PerAxis padding);

  /// kt.
  std::int64_t frames() const { return weight_.size(2); }

  /// frames: [t, h, w, C], contiguous, of the weight's type.
  /// Returns [t', h', w', O], contiguous, with (size + 2 padding - k) / stride + 1 along each axis.
  Tensor operator()(const Tensor& frames) const;

 private:
  Tensor weight_, bias_;
  PerAxis stride_{}, padding_{};
};

}  // namespace zoetrope
