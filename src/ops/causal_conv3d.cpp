#include "ops/causal_conv3d.h"

#include "core/check.h"

namespace zoetrope {
namespace {

Tensor convolve(const Tensor& frames, const Tensor& weight, const Tensor& bias,
                at::IntArrayRef stride, at::IntArrayRef padding) {
  // A view: frame-major memory with channels last is what the fast convolutions want.
  const Tensor video = frames.permute({3, 0, 1, 2}).unsqueeze(0);
  const Tensor result = at::conv3d(video, weight, bias, stride, padding);
  return result.squeeze(0).permute({1, 2, 3, 0}).contiguous();
}

// frames: [t + kt - 1, h, w, C]; returns [t, h, w, O].
Tensor convolve(const Tensor& frames, const Tensor& weight, const Tensor& bias) {
  return convolve(frames, weight, bias, {1, 1, 1}, {0, weight.size(3) / 2, weight.size(4) / 2});
}

}  // namespace

Tensor room_behind_history(const Tensor& like, const Tensor& weight, const Tensor& history) {
  const std::int64_t before = weight.size(2) - 1;
  const Tensor seen =
      at::empty({before + like.size(0), like.size(1), like.size(2), like.size(3)}, like.options());
  if (history.defined()) {
    seen.slice(0, 0, before).copy_(history);
  } else {
    seen.slice(0, 0, before).zero_();
  }
  return seen;
}

Tensor convolve_behind_history(const Tensor& seen, const Tensor& weight, const Tensor& bias,
                               Tensor& history) {
  const std::int64_t before = weight.size(2) - 1;
  // A copy, because a view would keep the whole chunk in memory until the next one.
  if (before > 0) history = seen.slice(0, -before).clone();
  return convolve(seen, weight, bias);
}

Tensor causal_conv3d(Tensor frames, const Tensor& weight, const Tensor& bias, Tensor& history) {
  if (weight.size(2) == 1) return convolve(frames, weight, bias);
  const Tensor seen = room_behind_history(frames, weight, history);
  seen.slice(0, weight.size(2) - 1).copy_(frames);
  frames.reset();
  return convolve_behind_history(seen, weight, bias, history);
}

Tensor frame_conv3d(const Tensor& frames, const Tensor& weight, const Tensor& bias) {
  ZOETROPE_CHECK(weight.size(2) == 1);
  return convolve(frames, weight, bias);
}

Tensor halving_conv3d(const Tensor& frames, const Tensor& weight, const Tensor& bias) {
  const auto stride = [&](std::int64_t axis) {
    return std::int64_t{weight.size(axis) > 1 ? 2 : 1};
  };
  return convolve(frames, weight, bias, {stride(2), stride(3), stride(4)}, {0, 0, 0});
}

}  // namespace zoetrope
