#pragma once

#include "tensor/tensor.h"

namespace zoetrope {

/// Convolves a chunk of a video that is read from its beginning: a frame sees itself and the kt - 1
/// frames before it. In space the size stays (zeros outside, kh and kw odd).
///
/// frames:  [t, h, w, C], contiguous; bf16 or fp32, as the weights are. Moved in, they are freed
///          before the convolution needs its memory.
/// weight:  [O, C, kt, kh, kw], best in channels-last memory; bias: [O].
/// history: the kt - 1 frames before the chunk, [kt - 1, h, w, C], or undefined before the first
///          chunk (they are zero then). Left at the last kt - 1 frames seen. Unused if kt is 1.
/// Returns [t, h, w, O], contiguous.
Tensor causal_conv3d(Tensor frames, const Tensor& weight, const Tensor& bias, Tensor& history);

/// The same in two steps, for a chunk that is still to be computed: where it is to be written, and
/// what it becomes. Nothing of it is copied then but its last frames.
///
/// like: a tensor of the chunk's shape [t, h, w, C] and type.
/// Returns [kt - 1 + t, h, w, C], contiguous: the history, then room for the chunk.
Tensor room_behind_history(const Tensor& like, const Tensor& weight, const Tensor& history);
Tensor convolve_behind_history(const Tensor& seen, const Tensor& weight, const Tensor& bias,
                               Tensor& history);

/// causal_conv3d for kt = 1: frame by frame.
Tensor frame_conv3d(const Tensor& frames, const Tensor& weight, const Tensor& bias);

/// A convolution that keeps every second of the places where its kernel lies within the frames:
/// every second row and column if kh or kw is over 1, every second frame if kt is. The result has
/// (size - k) / 2 + 1 of each.
Tensor halving_conv3d(const Tensor& frames, const Tensor& weight, const Tensor& bias);

}  // namespace zoetrope
