#pragma once

#include <vector>

#include "models/wan/vae_down_blocks.h"

namespace zoetrope {

/// The network of Wan's encoders, 2.1 and 2.2, run chunk by chunk.
class WanEncoderNetwork {
 public:
  /// weights: of the whole autoencoder; vae: one with an encoder.
  WanEncoderNetwork(const WanVaeConfig& vae, const WeightReader& weights);

  /// frames: [t, H / p, W / p, 3 * p * p], p = patch_size, the next of the clip, in the compute
  /// type: t = 1 for the clip's first frame, then temporal_compression frames at a time.
  /// Returns [1, h, w, z_dim], the mean of the latents, not normalised.
  Tensor operator()(Tensor frames, WanVaeState& state) const;

 private:
  std::int64_t z_dim_;
  WanCausalConv conv_in_;
  std::vector<WanDownBlock> down_blocks_;
  WanMidBlock mid_block_;
  WanChannelNorm norm_out_;
  WanCausalConv conv_out_;
  WanPointConv quant_conv_;
};

/// Gathers pixels into channels: pixel row p * i + q, column p * j + r goes to channel
/// (c * p + r) * p + q (columns before rows).
///
/// frame: [3, p * h, p * w] -> [h, w, 3 * p * p], a view.
Tensor patchify_frame(const Tensor& frame, std::int64_t patch_size);

}  // namespace zoetrope
