#pragma once

#include <array>

#include "tensor/tensor.h"

namespace zoetrope {

/// A convolution's kernel, in the memory order in which this processor convolves fastest, and its
/// bias.
class ConvKernel {
 public:
  using PerAxis = std::array<std::int64_t, 3>;  ///< of frames, rows and columns

  ConvKernel() = default;

  /// weight: [O, C, kt, kh, kw], fp32 or bf16, on device meta to no other purpose than to have a
  /// shape; bias: [O].
  ConvKernel(const Tensor& weight, Tensor bias, PerAxis stride, PerAxis padding);

  /// kt.
  std::int64_t frames() const { return frames_; }

  /// frames: [t, h, w, C], contiguous, of the weight's type.
  /// Returns [t', h', w', O], contiguous, with (size + 2 padding - k) / stride + 1 along each axis.
  Tensor operator()(const Tensor& frames) const;

 private:
  Tensor weight_;  ///< oneDNN's own layout, or plain channels-last memory
  Tensor bias_;
  PerAxis stride_{}, padding_{};
  std::int64_t frames_ = 0;
};

}  // namespace zoetrope
