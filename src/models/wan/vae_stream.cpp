#include "models/wan/vae_stream.h"

#include <algorithm>

#include "tensor/shape.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

Tensor fp32(const std::vector<double>& values) { return at::tensor(values, at::kFloat); }

}  // namespace

WanVideoDecoder::WanVideoDecoder(WanVaeConfig config, const WeightReader& weights)
    : config_(std::move(config)),
      compute_type_(weights.compute_type()),
      mean_(fp32(config_.latents_mean)),
      inverse_std_(fp32(config_.latents_std).reciprocal_()),
      network_(config_, weights) {
  weights.ignore_scope("encoder");
  weights.ignore_scope("quant_conv");
}

std::unique_ptr<FrameStream> WanVideoDecoder::decode(const Tensor& latents) const {
  const bool fits = latents.dim() == 5 && latents.size(0) == 1 &&
                    latents.size(1) == config_.z_dim && latents.numel() > 0;
  if (!fits) {
    throw Error(ErrorCode::kCorrupt, "decode latents: they have shape " +
                                         shape_text(latents.sizes()) + " (expected [1, " +
                                         std::to_string(config_.z_dim) + ", T, h, w])");
  }
  return std::make_unique<WanFrameStream>(*this, latents);
}

Tensor WanVideoDecoder::decode_next(const Tensor& latent, WanVaeState& state) const {
  const Tensor normalised = latent.permute({0, 2, 3, 1}).contiguous();  // [1, h, w, z_dim]
  const Tensor z = normalised / inverse_std_ + mean_;

  const Tensor frames = network_(z.to(compute_type_), state);
  const Tensor pixels = unpatchify_frames(frames, config_.patch_size).to(at::kFloat);
  return (pixels / 2 + 0.5).clamp_(0, 1);
}

WanFrameStream::WanFrameStream(const WanVideoDecoder& decoder, Tensor latents)
    : decoder_(decoder), latents_(std::move(latents)) {}

std::optional<Tensor> WanFrameStream::next() {
  if (position_ == latents_.size(2)) return std::nullopt;
  return decoder_.decode_next(latents_.select(2, position_++), state_);
}

std::int64_t WanFrameStream::total() const {
  return 1 + (latents_.size(2) - 1) * decoder_.config().temporal_compression();
}

}  // namespace zoetrope
