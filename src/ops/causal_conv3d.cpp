#include "ops/causal_conv3d.h"

namespace zoetrope {

ConvKernel causal_kernel(const Tensor& weight, Tensor bias) {
  return {weight, std::move(bias), {1, 1, 1}, {0, weight.size(3) / 2, weight.size(4) / 2}};
}

Tensor room_behind_history(const Tensor& like, const ConvKernel& kernel, const Tensor& history) {
  const std::int64_t before = kernel.frames() - 1;
  const Tensor seen =
      at::empty({before + like.size(0), like.size(1), like.size(2), like.size(3)}, like.options());
  if (history.defined()) {
    seen.slice(0, 0, before).copy_(history);
  } else {
    seen.slice(0, 0, before).zero_();
  }
  return seen;
}

Tensor convolve_behind_history(const Tensor& seen, const ConvKernel& kernel, Tensor& history) {
  const std::int64_t before = kernel.frames() - 1;
  // A copy, because a view would keep the whole chunk in memory until the next one.
  if (before > 0) history = seen.slice(0, -before).clone();
  return kernel(seen);
}

Tensor causal_conv3d(Tensor frames, const ConvKernel& kernel, Tensor& history) {
  if (kernel.frames() == 1) return kernel(frames);
  const Tensor seen = room_behind_history(frames, kernel, history);
  seen.slice(0, kernel.frames() - 1).copy_(frames);
  frames.reset();
  return convolve_behind_history(seen, kernel, history);
}

ConvKernel halving_kernel(const Tensor& weight, Tensor bias) {
  const auto stride = [&](std::int64_t axis) {
    return std::int64_t{weight.size(axis) > 1 ? 2 : 1};
  };
  return {weight, std::move(bias), {stride(2), stride(3), stride(4)}, {0, 0, 0}};
}

// Along an axis, w0 w1 w2 become w2, w1 + w2, w0 + w1, w0: pixel 2i of the doubled frame is made of
// pixels i - 1 (w0) and i (w1 + w2), pixel 2i + 1 of i (w0 + w1) and i + 1 (w2), and a transposed
// convolution of stride 2 takes from its kernel what is 3 and 1, 2 and 0 places from there.
Tensor doubling_kernel(const Tensor& weight) {
  if (weight.is_meta()) {
    return at::empty({weight.size(1), weight.size(0), 4, 4}, weight.options());
  }
  const Tensor turned = weight.transpose(0, 1).flip({2, 3});
  const Tensor rows =
      at::constant_pad_nd(turned, {0, 0, 0, 1}) + at::constant_pad_nd(turned, {0, 0, 1, 0});
  return at::constant_pad_nd(rows, {0, 1, 0, 0}) + at::constant_pad_nd(rows, {1, 0, 0, 0});
}

Tensor doubling_conv2d(const Tensor& frames, const Tensor& kernel, const Tensor& bias) {
  const Tensor pictures = frames.permute({0, 3, 1, 2});
  return at::conv_transpose2d(pictures, kernel, bias, /*stride=*/2, /*padding=*/1)
      .permute({0, 2, 3, 1})
      .contiguous();
}

}  // namespace zoetrope
