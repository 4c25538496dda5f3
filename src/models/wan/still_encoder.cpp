#include "models/wan/still_encoder.h"

namespace zoetrope {
namespace {

// fp32 [3, H, W] in [-1, 1], in the reference's order of operations.
Tensor to_frame(const Picture& picture) {
  const Tensor bytes = at::from_blob(const_cast<std::uint8_t*>(picture.rgb.data()),
                                     {picture.height, picture.width, 3}, at::kByte);
  return (bytes.permute({2, 0, 1}).to(at::kFloat, false, false, at::MemoryFormat::Contiguous) / 255)
             .mul_(2) -
         1;
}

// The one way out of an encoder that asks us for frames.
struct StopRequested {};

Tensor fitted_frame(const Picture& still, const GenerationRequest& r) {
  return to_frame(fit_to(still, r.width, r.height, parse_fit(r.fit)));
}

}  // namespace

WanStillEncoder::WanStillEncoder(WanStart start, int frame_multiple, Lazy<VideoEncoder> vae,
                                 Lazy<ClipImageEncoder> clip)
    : start_(start),
      frame_multiple_(frame_multiple),
      vae_(std::move(vae)),
      clip_(std::move(clip)) {}

std::optional<Condition> WanStillEncoder::encode(const Stills& stills, const GenerationRequest& r,
                                                 const RunHooks& hooks) {
  try {
    return encoded(stills, r, hooks);
  } catch (const StopRequested&) {
    vae_.drop();
    return std::nullopt;
  }
}

Condition WanStillEncoder::encoded(const Stills& stills, const GenerationRequest& r,
                                   const RunHooks& hooks) {
  Condition condition;
  if (clip_) condition.image = see(stills, hooks);
  if (start_ == WanStart::kHeld) {
    condition.held = encode_frames(stills, 1, r, hooks);
  } else {
    const Tensor latents = encode_frames(stills, r.num_frames, r, hooks);
    const Tensor mask = given_frames_mask(latents, frame_multiple_, stills.last.has_value());
    condition.appended = at::cat({mask, latents}, /*dim=*/1);
  }
  return condition;
}

// The frames between the stills are grey.
Tensor WanStillEncoder::encode_frames(const Stills& stills, std::int64_t frames,
                                      const GenerationRequest& r, const RunHooks& hooks) {
  const Tensor grey = at::zeros({3, r.height, r.width}, at::kFloat);
  const auto frame_at = [&](std::int64_t i) {
    if (hooks.stopping()) throw StopRequested();
    hooks.progress(Stage::kStill, i, frames);
    if (i == 0) return fitted_frame(*stills.first, r);
    if (i + 1 == frames && stills.last) return fitted_frame(*stills.last, r);
    return grey;
  };
  const Tensor latents = vae_.get(hooks).encode(frames, frame_at);
  vae_.drop();
  hooks.progress(Stage::kStill, frames, frames);
  return latents;
}

// Of the stills as they are, not as they are fitted: [1, n, D], the first one's rows first.
Tensor WanStillEncoder::see(const Stills& stills, const RunHooks& hooks) {
  const ClipImageEncoder& clip = clip_.get(hooks);
  Tensor rows = clip.encode(*stills.first);
  if (stills.last) rows = at::cat({rows, clip.encode(*stills.last)}, /*dim=*/1);
  clip_.drop();
  return rows;
}

Tensor given_frames_mask(const Tensor& like, int m, bool last_is_given) {
  Tensor mask = at::zeros({1, m, like.size(2), like.size(3), like.size(4)}, at::kFloat);
  mask.select(2, 0).fill_(1);
  if (last_is_given) mask.select(2, -1).select(1, -1).fill_(1);
  return mask;
}

}  // namespace zoetrope
