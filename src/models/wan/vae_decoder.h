#pragma once

#include <vector>

#include "models/wan/vae_blocks.h"

namespace zoetrope {

/// The network of Wan's decoders, 2.1 and 2.2, run one latent frame at a time.
class WanDecoderNetwork {
 public:
  /// weights: of the whole autoencoder.
  WanDecoderNetwork(const WanVaeConfig& vae, const WeightReader& weights);

  /// latent: [1, h, w, z_dim], the next of the clip, not normalised, in the compute type.
  /// Returns [t, H / p, W / p, 3 * p * p], p = patch_size: t = 1 for the clip's first latent, else
  /// temporal_compression.
  Tensor operator()(const Tensor& latent, WanVaeState& state) const;

 private:
  WanPointConv post_quant_conv_;
  WanCausalConv conv_in_;
  WanMidBlock mid_block_;
  std::vector<WanUpBlock> up_blocks_;
  WanChannelNorm norm_out_;
  WanCausalConv conv_out_;
};

/// Puts channels back into pixels: channel (c * p + r) * p + q is pixel row p * i + q, column
/// p * j + r (columns before rows).
///
/// frames: [t, h, w, 3 * p * p] -> [t, 3, p * h, p * w], contiguous.
Tensor unpatchify_frames(const Tensor& frames, std::int64_t patch_size);

}  // namespace zoetrope
