#pragma once

#include <optional>
#include <vector>

#include "models/wan/vae_blocks.h"

namespace zoetrope {

// The layers that only Wan's encoders have. Frames are [t, h, w, C], as in vae_blocks.h.

/// Halves height and width and, where the block says so, the number of frames: the clip's first
/// frame stays one frame, every two later ones become one.
class WanDownsampler {
 public:
  WanDownsampler(const WeightReader& weights, const WanDownBlockConfig& block);

  /// frames: of even height and width; freed before the result needs memory.
  Tensor operator()(Tensor frames, WanVaeState& state) const;

 private:
  ConvKernel kernel_;
  std::optional<ConvKernel> time_kernel_;  ///< nothing where the number of frames stays
};

/// Residual blocks, then a downsampler in all but the last block; in the 2.2 VAE the average of the
/// block's input is added to what comes out.
class WanDownBlock {
 public:
  /// weights: of all down blocks; index: which of them this is.
  WanDownBlock(const WeightReader& weights, const WanVaeConfig& vae, std::size_t index);
  Tensor operator()(Tensor frames, WanVaeState& state) const;

 private:
  WanDownBlockConfig block_;
  bool has_shortcut_;
  std::vector<WanResidualBlock> resnets_;
  std::optional<WanDownsampler> downsampler_;
};

/// The 2.2 VAE's shortcut: the pixels of (ft, fs, fs) neighbours are gathered as channels
/// (C, ft, fs, fs), and `out` groups of consecutive channels are averaged. A number of frames that
/// ft does not divide has frames of zeros before it.
///
/// frames: [t, h, w, C] -> [ceil(t / ft), h / fs, w / fs, out]; out divides C * ft * fs * fs.
Tensor average_downsample(const Tensor& frames, std::int64_t out, std::int64_t ft, std::int64_t fs);

}  // namespace zoetrope
