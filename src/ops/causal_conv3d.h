#pragma once

#include "ops/conv_kernel.h"
#include "tensor/tensor.h"

namespace zoetrope {

/// A kernel for causal_conv3d. weight: [O, C, kt, kh, kw], kh and kw odd; bias: [O].
ConvKernel causal_kernel(const Tensor& weight, Tensor bias);

/// Convolves a chunk of a video that is read from its beginning: a frame sees itself and the kt - 1
/// frames before it. In space the size stays (zeros outside).
///
/// frames:  [t, h, w, C], contiguous; bf16 or fp32, as the weights are. Moved in, they are freed
///          before the convolution needs its memory.
/// history: the kt - 1 frames before the chunk, [kt - 1, h, w, C], or undefined before the first
///          chunk (they are zero then). Left at the last kt - 1 frames seen. Unused if kt is 1.
/// Returns [t, h, w, O], contiguous.
Tensor causal_conv3d(Tensor frames, const ConvKernel& kernel, Tensor& history);

/// The same in two steps, for a chunk that is still to be computed: where it is to be written, and
/// what it becomes. Nothing of it is copied then but its last frames.
///
/// like: a tensor of the chunk's shape [t, h, w, C] and type.
/// Returns [kt - 1 + t, h, w, C], contiguous: the history, then room for the chunk.
Tensor room_behind_history(const Tensor& like, const ConvKernel& kernel, const Tensor& history);
Tensor convolve_behind_history(const Tensor& seen, const ConvKernel& kernel, Tensor& history);

/// The kernel of a convolution that keeps every second of the places where it lies within the
/// frames: every second row and column if kh or kw is over 1, every second frame if kt is. The
/// result has (size - k) / 2 + 1 of each.
ConvKernel halving_kernel(const Tensor& weight, Tensor bias);

/// The kernel with which doubling_conv2d does what doubling the pixels and convolving with
/// `weight`, zeros outside, would do: of the 9 products behind a pixel of the doubled frame those
/// that multiply the same one are added up, which leaves 4.
///
/// weight: [O, C, 3, 3] in fp32. Returns [C, O, 4, 4].
Tensor doubling_kernel(const Tensor& weight);

/// Every pixel of a frame becomes four, which are then convolved with a kernel of 3x3.
///
/// frames: [t, h, w, C], contiguous; kernel: of doubling_kernel, best in channels-last memory;
/// bias: [O]. Returns [t, 2h, 2w, O], contiguous.
Tensor doubling_conv2d(const Tensor& frames, const Tensor& kernel, const Tensor& bias);

}  // namespace zoetrope
