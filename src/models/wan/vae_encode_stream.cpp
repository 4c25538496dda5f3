#include "models/wan/vae_encode_stream.h"

#include "tensor/shape.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

Tensor fp32(const std::vector<double>& values) { return at::tensor(values, at::kFloat); }

WanVaeConfig with_encoder(WanVaeConfig config) {
  if (config.down_blocks.empty()) {
    throw Error(ErrorCode::kCorrupt,
                "load encoder: the VAE's weights have no encoder (expected one, which a clip that "
                "begins with a still needs)");
  }
  return config;
}

}  // namespace

WanVideoEncoder::WanVideoEncoder(WanVaeConfig config, const WeightReader& weights)
    : config_(with_encoder(std::move(config))),
      compute_type_(weights.compute_type()),
      mean_(fp32(config_.latents_mean)),
      inverse_std_(fp32(config_.latents_std).reciprocal_()),
      network_(config_, weights) {
  weights.ignore_scope("decoder");
  weights.ignore_scope("post_quant_conv");
}

Tensor WanVideoEncoder::encode(std::int64_t frames, const FrameAt& frame_at) const {
  const std::int64_t step = config_.temporal_compression();
  if (frames < 1 || (frames - 1) % step != 0) {
    throw Error(ErrorCode::kUsage, "encode frames: there are " + std::to_string(frames) +
                                       " (expected 1 + a multiple of " + std::to_string(step) +
                                       ")");
  }
  WanVaeState state;
  Tensor first;
  std::vector<Tensor> latents;
  for (std::int64_t begin = 0; begin < frames; begin += begin == 0 ? 1 : step) {
    std::vector<Tensor> chunk;
    for (std::int64_t i = begin; i < begin + (begin == 0 ? 1 : step); ++i) {
      chunk.push_back(checked(frame_at(i), first));
    }
    if (begin == 0) first = chunk.front();
    latents.push_back(encode_next(chunk, state));
  }
  return at::cat(latents, 2);
}

Tensor WanVideoEncoder::encode_next(const std::vector<Tensor>& frames, WanVaeState& state) const {
  std::vector<Tensor> patches;
  for (const Tensor& frame : frames) {
    patches.push_back(patchify_frame(frame, config_.patch_size).to(compute_type_));
  }
  const Tensor mean = network_(at::stack(patches), state).to(at::kFloat);  // [1, h, w, z_dim]
  const Tensor normalised = (mean - mean_) * inverse_std_;
  return normalised.permute({0, 3, 1, 2}).unsqueeze(2).contiguous();
}

// first: the clip's first frame, or undefined if this is it.
Tensor WanVideoEncoder::checked(Tensor frame, const Tensor& first) const {
  const std::int64_t multiple = config_.spatial_compression();
  const bool fits = frame.dim() == 3 && frame.size(0) == 3 && frame.numel() > 0 &&
                    frame.size(1) % multiple == 0 && frame.size(2) % multiple == 0;
  if (!fits || (first.defined() && first.sizes() != frame.sizes())) {
    const std::string expected =
        fits ? shape_text(first.sizes()) + " like the first"
             : "[3, H, W], H and W multiples of " + std::to_string(multiple);
    throw Error(ErrorCode::kUsage, "encode frames: one has shape " + shape_text(frame.sizes()) +
                                       " (expected " + expected + ")");
  }
  return frame;
}

}  // namespace zoetrope
