#include "models/wan/vae_down_blocks.h"

#include "ops/causal_conv3d.h"

namespace zoetrope {

WanDownsampler::WanDownsampler(const WeightReader& weights, const WanDownBlockConfig& block)
    : kernel_(halving_kernel(
          weights.take("resample.1.weight", {block.out, block.out, 3, 3}).unsqueeze(2),
          weights.take("resample.1.bias", {block.out}))) {
  if (block.downsampling == WanResampling::kSpaceAndTime) {
    time_kernel_ = halving_kernel(weights.take("time_conv.weight", {block.out, block.out, 3, 1, 1}),
                                  weights.take("time_conv.bias", {block.out}));
  }
}

Tensor WanDownsampler::operator()(Tensor frames, WanVaeState& state) const {
  // Zeros at the right and the bottom alone.
  const Tensor padded = at::constant_pad_nd(frames, {0, 0, 0, 1, 0, 1});
  frames.reset();
  const Tensor x = kernel_(padded);
  if (!time_kernel_) return x;

  Tensor& last = state.of(this);
  const Tensor seen = state.first_chunk() ? x : at::cat({last, x});
  last = x.slice(0, -1).clone();
  // The clip's first frame passes.
  return state.first_chunk() ? x : (*time_kernel_)(seen);
}

WanDownBlock::WanDownBlock(const WeightReader& weights, const WanVaeConfig& vae, std::size_t index)
    : block_(vae.down_blocks[index]), has_shortcut_(vae.is_residual) {
  for (std::int64_t i = 0; i + 1 < vae.resnets_per_block; ++i) {
    resnets_.emplace_back(weights.scope(vae.down_resnet_name(index, i)),
                          i == 0 ? block_.in : block_.out, block_.out);
  }
  if (block_.downsampling != WanResampling::kNone) {
    downsampler_.emplace(weights.scope(vae.downsampler_name(index)), block_);
  }
}

Tensor WanDownBlock::operator()(Tensor frames, WanVaeState& state) const {
  Tensor shortcut;
  if (has_shortcut_) {
    const std::int64_t ft = block_.downsampling == WanResampling::kSpaceAndTime ? 2 : 1;
    const std::int64_t fs = block_.downsampling == WanResampling::kNone ? 1 : 2;
    shortcut = average_downsample(frames, block_.out, ft, fs);
  }
  for (const WanResidualBlock& resnet : resnets_) frames = resnet(frames, state);
  if (downsampler_) frames = (*downsampler_)(std::move(frames), state);
  return has_shortcut_ ? frames.add_(shortcut) : frames;
}

Tensor average_downsample(const Tensor& frames, std::int64_t out, std::int64_t ft,
                          std::int64_t fs) {
  const std::int64_t channels = frames.size(3), averaged = channels * ft * fs * fs / out;
  const bool pools = averaged % (fs * fs) == 0;
  // Neighbours in space first, where only whole groups of them are averaged: pooling is many times
  // faster than a mean over axes, and what is left is a quarter.
  const std::int64_t left = pools ? 1 : fs;
  Tensor x = frames;
  if (pools && fs > 1) {
    x = at::avg_pool2d(frames.permute({0, 3, 1, 2}), fs).permute({0, 2, 3, 1}).contiguous();
  }
  const std::int64_t missing = (ft - x.size(0) % ft) % ft;
  if (missing > 0) x = at::constant_pad_nd(x, {0, 0, 0, 0, 0, 0, missing, 0});
  const std::int64_t t = x.size(0) / ft, h = x.size(1) / left, w = x.size(2) / left;
  const Tensor groups = x.view({t, ft, h, left, w, left, channels})
                            .permute({0, 2, 4, 6, 1, 3, 5})  // [t, h, w, C, ft, fs, fs]
                            .reshape({t, h, w, out, -1});
  return groups.size(4) == 1 ? groups.squeeze(4) : groups.mean(-1);
}

}  // namespace zoetrope
