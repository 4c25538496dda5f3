#pragma once

#include <cstdint>

#include "kernels/common/cuda_stream.h"
#include "kernels/common/element.h"

namespace zoetrope::kernels {

/// y[i_1]…[i_n] = x[ sum_a floor(i_a / repeat_a) * x_stride_a ]: what permutes, repeats and
/// converts.
///
/// - Patches of latents to tokens, and tokens back: axes in another order.
/// - Nearest doubling of pixels: repeat 2 along rows and columns.
/// - Frames behind those that a causal convolution remembers: one call for the planes of the cache
///   and one for the new ones, into one y.
///
/// Shapes:  y: [size_1, …, size_n], contiguous; the axes from the slowest to the fastest.
/// Strides: of x, in elements; 0 repeats one element.
/// Types:   of x and y each their own; rounded once. y overlaps no x.
struct GatherArgs {
  static constexpr int kAxes = 7;
  struct Axis {
    std::int64_t size = 1;
    std::int64_t x_stride = 0;
    std::int64_t repeat = 1;
  };

  const void* x = nullptr;
  void* y = nullptr;
  int axis_count = 0;
  Axis axes[kAxes];
  ElementType x_type = ElementType::kF32;
  ElementType y_type = ElementType::kF32;
};

/// Computes elements [begin, end) of y.
void gather_cpu(const GatherArgs& args, std::int64_t begin, std::int64_t end);

/// Enqueues elements [begin, end) of y on a stream; pointers are of the device. Returns a
/// cudaError_t: 0 if it was launched, cudaErrorInvalidValue for 2^31 elements or more. Accesses of
/// y are of 16 bytes where the fastest axis is that of x, and sizes, strides and pointers allow it.
int gather_cuda(const GatherArgs& args, std::int64_t begin, std::int64_t end, CudaStream stream);

}  // namespace zoetrope::kernels
