#pragma once

#include "models/wan/vae_decoder.h"
#include "pipeline/pipeline.h"

namespace zoetrope {

/// Turns latents into frames as they are asked for: one frame for the first latent frame,
/// temporal_compression for each later one, the same as if the clip were decoded at once.
class WanVideoDecoder : public VideoDecoder {
 public:
  /// weights: of the whole autoencoder; the encoder's are left out.
  WanVideoDecoder(WanVaeConfig config, const WeightReader& weights);

  /// Throws Error(kCorrupt) unless latents are [1, z_dim, T, h, w] with no size zero.
  std::unique_ptr<FrameStream> decode(const Tensor& latents) const override;

  const WanVaeConfig& config() const { return config_; }

  /// latent: fp32 [1, z_dim, h, w], the clip's next, normalised. Returns the frames it stands for,
  /// fp32 [t, 3, H, W] in [0, 1].
  Tensor decode_next(const Tensor& latent, WanVaeState& state) const;

 private:
  WanVaeConfig config_;
  at::ScalarType compute_type_;
  Tensor mean_, inverse_std_;  // fp32 [z_dim]
  WanDecoderNetwork network_;
};

/// One decoding. In memory are the latents, the state and the chunk at work.
class WanFrameStream : public FrameStream {
 public:
  /// latents: as decode takes them, checked. The decoder must outlive the stream.
  WanFrameStream(const WanVideoDecoder& decoder, Tensor latents);

  std::optional<Tensor> next() override;
  std::int64_t total() const override;

  const WanVaeState& state() const { return state_; }

 private:
  const WanVideoDecoder& decoder_;
  Tensor latents_;
  std::int64_t position_ = 0;  // latent frames decoded
  WanVaeState state_;
};

}  // namespace zoetrope
