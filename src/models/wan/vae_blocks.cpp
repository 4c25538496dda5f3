#include "models/wan/vae_blocks.h"

#include <algorithm>
#include <cmath>

#include "ops/attention.h"
#include "ops/causal_conv3d.h"
#include "ops/rms_norm.h"

namespace zoetrope {
namespace {

std::vector<std::int64_t> with_ones(std::vector<std::int64_t> shape,
                                    std::initializer_list<std::int64_t> ones) {
  shape.insert(shape.end(), ones);
  return shape;
}

// As rows of channels, [1, t * h * w, C].
Tensor pixels(const Tensor& frames) { return frames.view({1, -1, frames.size(3)}); }

}  // namespace

WanCausalConv::WanCausalConv(const WeightReader& weights, std::int64_t in, std::int64_t out,
                             std::array<std::int64_t, 3> kernel)
    : kernel_(causal_kernel(weights.take("weight", {out, in, kernel[0], kernel[1], kernel[2]}),
                            weights.take("bias", {out}))) {}

Tensor WanCausalConv::operator()(Tensor frames, WanVaeState& state) const {
  return causal_conv3d(std::move(frames), kernel_, state.of(this));
}

Tensor WanCausalConv::after(const WanChannelNorm& norm, Tensor frames, WanVaeState& state) const {
  Tensor& history = state.of(this);
  const Tensor seen = room_behind_history(frames, kernel_, history);
  norm.with_silu(frames, seen.slice(0, kernel_.frames() - 1));
  frames.reset();
  return convolve_behind_history(seen, kernel_, history);
}

WanPointConv::WanPointConv(const WeightReader& weights, std::int64_t in, std::int64_t out,
                           std::initializer_list<std::int64_t> kernel)
    : matrix_(weights.take("weight", with_ones({out, in}, kernel)).view({out, in})),
      bias_(weights.take("bias", {out})) {}

Tensor WanPointConv::operator()(const Tensor& frames) const {
  return ops::linear(frames, matrix_, bias_);
}

WanChannelNorm::WanChannelNorm(const WeightReader& weights, std::int64_t channels,
                               std::initializer_list<std::int64_t> ones)
    : gamma_(weights.take("gamma", with_ones({channels}, ones)).view({channels})) {}

Tensor WanChannelNorm::operator()(const Tensor& frames) const {
  return ops::rms_norm(pixels(frames), gamma_, eps()).view(frames.sizes());
}

void WanChannelNorm::with_silu(const Tensor& frames, const Tensor& into) const {
  ops::rms_norm_silu(pixels(frames), gamma_, eps(), pixels(into));
}

// x / max(||x||, 1e-12) * sqrt(C) is x over its root mean square, with an epsilon that only keeps
// zeros from becoming NaN.
double WanChannelNorm::eps() const { return 1e-24 / static_cast<double>(gamma_.size(0)); }

WanResidualBlock::WanResidualBlock(const WeightReader& weights, std::int64_t in, std::int64_t out)
    : norm1_(weights.scope("norm1"), in),
      norm2_(weights.scope("norm2"), out),
      conv1_(weights.scope("conv1"), in, out),
      conv2_(weights.scope("conv2"), out, out) {
  if (in != out) shortcut_.emplace(weights.scope("conv_shortcut"), in, out);
}

Tensor WanResidualBlock::operator()(const Tensor& frames, WanVaeState& state) const {
  Tensor x = conv1_.after(norm1_, frames, state);
  x = conv2_.after(norm2_, std::move(x), state);
  return x.add_(shortcut_ ? (*shortcut_)(frames) : frames);
}

WanFrameAttention::WanFrameAttention(const WeightReader& weights, std::int64_t channels)
    : norm_(weights.scope("norm"), channels, {1, 1}),
      to_qkv_(weights.scope("to_qkv"), channels, 3 * channels, {1, 1}),
      proj_(weights.scope("proj"), channels, channels, {1, 1}) {}

Tensor WanFrameAttention::operator()(const Tensor& frames) const {
  // Each frame is a head of its own: [1, hw, t, C].
  const auto qkv = to_qkv_(norm_(frames)).flatten(1, 2).transpose(0, 1).unsqueeze(0).chunk(3, -1);
  const std::int64_t t = frames.size(0), channels = frames.size(3);
  const Tensor attended =
      ops::attention(qkv[0], qkv[1], qkv[2], 1 / std::sqrt(static_cast<double>(channels)))
          .unflatten(2, {t, channels});
  return proj_(attended[0].transpose(0, 1).reshape(frames.sizes())).add_(frames);
}

WanMidBlock::WanMidBlock(const WeightReader& weights, std::int64_t channels)
    : first_(weights.scope("resnets.0"), channels, channels),
      attention_(weights.scope("attentions.0"), channels),
      last_(weights.scope("resnets.1"), channels, channels) {}

Tensor WanMidBlock::operator()(const Tensor& frames, WanVaeState& state) const {
  return last_(attention_(first_(frames, state)), state);
}

WanUpsampler::WanUpsampler(const WeightReader& weights, const WanUpBlockConfig& block)
    : kernel_(
          doubling_kernel(weights.take_fp32("resample.1.weight", {block.after, block.out, 3, 3}))
              .to(weights.compute_type())
              .contiguous(at::MemoryFormat::ChannelsLast)),
      bias_(weights.take("resample.1.bias", {block.after})) {
  if (block.upsampling == WanResampling::kSpaceAndTime) {
    time_conv_.emplace(weights.scope("time_conv"), block.out, 2 * block.out,
                       std::array<std::int64_t, 3>{3, 1, 1});
  }
}

Tensor WanUpsampler::operator()(const Tensor& frames, WanVaeState& state) const {
  // The clip's first frame is not even history of the second: that one sees zeros before it.
  const bool doubled = time_conv_ && !state.first_chunk();
  const Tensor x = doubled ? double_frames(frames, state) : frames;
  return doubling_conv2d(x, kernel_, bias_);
}

// The first half of the channels is the earlier frame of each pair.
Tensor WanUpsampler::double_frames(const Tensor& frames, WanVaeState& state) const {
  const Tensor pairs = (*time_conv_)(frames, state);  // [t, h, w, 2C]
  return at::stack(pairs.chunk(2, -1), 1).flatten(0, 1);
}

WanUpBlock::WanUpBlock(const WeightReader& weights, const WanVaeConfig& vae,
                       const WanUpBlockConfig& block)
    : block_(block), has_shortcut_(vae.is_residual && block.upsampling != WanResampling::kNone) {
  for (std::int64_t i = 0; i < vae.resnets_per_block; ++i) {
    resnets_.emplace_back(weights.scope("resnets." + std::to_string(i)),
                          i == 0 ? block.in : block.out, block.out);
  }
  if (block.upsampling != WanResampling::kNone) {
    upsampler_.emplace(weights.scope(vae.is_residual ? "upsampler" : "upsamplers.0"), block);
  }
}

Tensor WanUpBlock::operator()(Tensor frames, WanVaeState& state) const {
  Tensor x = has_shortcut_ ? frames : std::move(frames);
  for (const WanResidualBlock& resnet : resnets_) x = resnet(x, state);
  if (upsampler_) x = (*upsampler_)(x, state);
  if (has_shortcut_) {
    const std::int64_t ft = block_.upsampling == WanResampling::kSpaceAndTime ? 2 : 1;
    const Tensor repeated = repeat_upsample(frames, block_.out, ft);
    // The clip's first frame is not doubled: of its two copies the later one is kept.
    const Tensor kept = state.first_chunk() ? repeated.slice(1, ft - 1) : repeated;
    x.view(kept.sizes()).add_(kept);
  }
  return x;
}

Tensor repeat_upsample(const Tensor& frames, std::int64_t out, std::int64_t ft) {
  const std::int64_t t = frames.size(0), h = frames.size(1), w = frames.size(2);
  const std::int64_t places = ft * 2 * 2, copies = out * places / frames.size(3);
  Tensor repeated;
  if (places % copies == 0) {
    // Each channel is repeated along the last of the axes (ft, 2, 2); along the first ones lie
    // channels of their own.
    const std::int64_t apart = places / copies, in_time = std::min(apart, ft);
    const std::int64_t in_rows = std::min<std::int64_t>(apart / in_time, 2);
    repeated = frames.view({t, h, w, out, in_time, in_rows, apart / in_time / in_rows})
                   .expand({t, h, w, out, ft, 2, 2});
  } else {
    repeated = frames.repeat_interleave(copies, -1).view({t, h, w, out, ft, 2, 2});
  }
  return repeated.permute({0, 4, 1, 5, 2, 6, 3});
}

}  // namespace zoetrope
