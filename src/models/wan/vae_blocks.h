#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <vector>

#include "checkpoint/weight_reader.h"
#include "models/wan/vae_config.h"
#include "models/wan/vae_state.h"
#include "ops/conv_kernel.h"
#include "ops/linear.h"
#include "tensor/tensor.h"

namespace zoetrope {

// The layers of Wan's video autoencoders. Frames are [t, h, w, C], contiguous, t of one clip in
// order; C is last because the normalisations and the fast convolutions run along it.
// Source: Wan 2.1 and 2.2 VAE (diffusers AutoencoderKLWan); docs/architecture.md.

/// y = x / max(||x||, 1e-12) * sqrt(C) * gamma, with the norm over a pixel's channels in fp32.
class WanChannelNorm {
 public:
  /// ones: the sizes that follow C in gamma's shape.
  WanChannelNorm(const WeightReader& weights, std::int64_t channels,
                 std::initializer_list<std::int64_t> ones = {1, 1, 1});
  Tensor operator()(const Tensor& frames) const;

  /// y * sigmoid(y), written into frames of the same shape.
  void with_silu(const Tensor& frames, const Tensor& into) const;

 private:
  double eps() const;

  Tensor gamma_;
};

/// A convolution that reads kt - 1 frames back (ops/causal_conv3d).
class WanCausalConv {
 public:
  /// kernel: {kt, kh, kw}.
  WanCausalConv(const WeightReader& weights, std::int64_t in, std::int64_t out,
                std::array<std::int64_t, 3> kernel = {3, 3, 3});
  Tensor operator()(Tensor frames, WanVaeState& state) const;

  /// Of norm(frames) through SiLU, as most are. Frames that are moved in are freed before the
  /// convolution needs its memory.
  Tensor after(const WanChannelNorm& norm, Tensor frames, WanVaeState& state) const;

 private:
  ConvKernel kernel_;
};

/// A convolution with a 1x1 or 1x1x1 kernel: the same matrix for every pixel.
class WanPointConv {
 public:
  /// kernel: the ones that follow [out, in] in the weight's shape.
  WanPointConv(const WeightReader& weights, std::int64_t in, std::int64_t out,
               std::initializer_list<std::int64_t> kernel = {1, 1, 1});
  Tensor operator()(const Tensor& frames) const;

 private:
  ops::LinearMatrix matrix_;
  Tensor bias_;
};

/// Two convolutions around a shortcut, which is a convolution itself where the width changes.
class WanResidualBlock {
 public:
  WanResidualBlock(const WeightReader& weights, std::int64_t in, std::int64_t out);
  Tensor operator()(const Tensor& frames, WanVaeState& state) const;

 private:
  WanChannelNorm norm1_, norm2_;
  WanCausalConv conv1_, conv2_;
  std::optional<WanPointConv> shortcut_;
};

/// Self-attention over the pixels of each frame, one head as wide as the frame.
class WanFrameAttention {
 public:
  WanFrameAttention(const WeightReader& weights, std::int64_t channels);
  Tensor operator()(const Tensor& frames) const;

 private:
  WanChannelNorm norm_;
  WanPointConv to_qkv_, proj_;
};

/// Residual, attention, residual.
class WanMidBlock {
 public:
  WanMidBlock(const WeightReader& weights, std::int64_t channels);
  Tensor operator()(const Tensor& frames, WanVaeState& state) const;

 private:
  WanResidualBlock first_;
  WanFrameAttention attention_;
  WanResidualBlock last_;
};

/// Doubles height and width and, where the block says so, the number of frames: the clip's first
/// frame stays one frame, every later one becomes two.
class WanUpsampler {
 public:
  WanUpsampler(const WeightReader& weights, const WanUpBlockConfig& block);
  Tensor operator()(const Tensor& frames, WanVaeState& state) const;

 private:
  Tensor double_frames(const Tensor& frames, WanVaeState& state) const;

  std::optional<WanCausalConv> time_conv_;
  Tensor kernel_, bias_;
};

/// Residual blocks, then an upsampler in all but the last block; in the 2.2 VAE the block's input,
/// upsampled by repetition, is added to what comes out of the upsampler.
class WanUpBlock {
 public:
  WanUpBlock(const WeightReader& weights, const WanVaeConfig& vae, const WanUpBlockConfig& block);
  Tensor operator()(Tensor frames, WanVaeState& state) const;

 private:
  WanUpBlockConfig block_;
  bool has_shortcut_;
  std::vector<WanResidualBlock> resnets_;
  std::optional<WanUpsampler> upsampler_;
};

/// The 2.2 VAE's shortcut: every channel repeated in a row until there are out * ft * 2 * 2, which
/// are read as (out, ft, 2, 2) and laid out in time, height and width.
///
/// frames: [t, h, w, C]; ft: 1 or 2. Returns [t, ft, h, 2, w, 2, out], a view of the frames where
/// the widths allow it.
Tensor repeat_upsample(const Tensor& frames, std::int64_t out, std::int64_t ft);

}  // namespace zoetrope
