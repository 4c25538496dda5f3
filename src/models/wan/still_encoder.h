#pragma once

#include <optional>

#include "models/clip/clip_image_encoder.h"
#include "pipeline/family.h"

namespace zoetrope {

/// How a Wan model is told of a still.
enum class WanStart {
  kHeld,     ///< as the latents' first frame, which has time 0 (2.2 TI2V)
  kAppended  ///< as further channels beside the latents (2.1 and 2.2 I2V)
};

/// Turns a request's stills into what a Wan transformer reads. The parts are loaded when needed and
/// dropped after. Source: Wan 2.1 and 2.2, diffusers' WanImageToVideoPipeline.
class WanStillEncoder {
 public:
  /// clip: empty for models that see the still through the VAE alone.
  WanStillEncoder(WanStart start, int frame_multiple, Lazy<VideoEncoder> vae,
                  Lazy<ClipImageEncoder> clip);

  /// The stills' part of a condition; nothing if asked to stop. `r` is resolved.
  std::optional<Condition> encode(const Stills& stills, const GenerationRequest& r,
                                  const RunHooks& hooks);

  /// As Lazy::keep.
  void keep_parts(bool keep) {
    vae_.keep(keep);
    clip_.keep(keep);
  }

 private:
  Condition encoded(const Stills& stills, const GenerationRequest& r, const RunHooks& hooks);
  Tensor encode_frames(const Stills& stills, std::int64_t frames, const GenerationRequest& r,
                       const RunHooks& hooks);
  Tensor see(const Stills& stills, const RunHooks& hooks);

  WanStart start_;
  int frame_multiple_;
  Lazy<VideoEncoder> vae_;
  Lazy<ClipImageEncoder> clip_;
};

/// Which frames of a clip are given: fp32 [1, m, T, h, w] of 0 and 1, where channel c of latent
/// frame j is frame m (j - 1) + 1 + c, and all channels of latent frame 0 are frame 0.
///
/// like: latents [1, C, T, h, w]; m: frames per latent frame.
Tensor given_frames_mask(const Tensor& like, int m, bool last_is_given);

}  // namespace zoetrope
