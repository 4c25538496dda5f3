#pragma once

#include "models/wan/vae_encoder.h"
#include "pipeline/pipeline.h"

namespace zoetrope {

/// Turns frames into latents as they are given: one latent frame for the first frame, one for each
/// temporal_compression later ones, the same as if the clip were encoded at once.
///
/// Meant to be loaded in fp32 whatever the rest is: stills are encoded once and every step depends
/// on them. In bf16 the starter's latents are off by 1 % (root mean square), which is up to 4
/// levels of 255 once decoded.
class WanVideoEncoder : public VideoEncoder {
 public:
  /// weights: of the whole autoencoder; the decoder's are left out.
  /// Throws Error(kCorrupt) if the autoencoder has no encoder.
  WanVideoEncoder(WanVaeConfig config, const WeightReader& weights);

  /// Throws Error(kUsage) unless frames is 1 + k * temporal_compression, and if a frame is not
  /// [3, H, W], H and W multiples of spatial_compression and the same throughout the clip.
  Tensor encode(std::int64_t frames, const FrameAt& frame_at) const override;

  const WanVaeConfig& config() const { return config_; }

  /// frames: fp32 [3, H, W] each, the clip's next: one, then temporal_compression at a time.
  /// Returns fp32 [1, z_dim, 1, h, w], normalised.
  Tensor encode_next(const std::vector<Tensor>& frames, WanVaeState& state) const;

 private:
  Tensor checked(Tensor frame, const Tensor& first) const;

  WanVaeConfig config_;
  at::ScalarType compute_type_;
  Tensor mean_, inverse_std_;  // fp32 [z_dim]
  WanEncoderNetwork network_;
};

}  // namespace zoetrope
