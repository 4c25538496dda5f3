#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace zoetrope {

/// What the text encoder made of one prompt.
struct TextEncoding {
  Tensor context;               ///< [1, S, D]; rows after the last token are zero
  std::int64_t tokens = 0;      ///< real tokens, end of sequence included
  std::int64_t cut_tokens = 0;  ///< tokens that did not fit and were dropped
};

class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  /// prompt: UTF-8 as the user wrote it.
  virtual TextEncoding encode(const std::string& prompt) const = 0;
};

/// What the denoiser is told besides the noisy latents. What a clip starts from (a still, a last
/// frame, keyframes later) is one way or another to fill in the optional members
/// (docs/architecture.md).
struct Condition {
  Tensor text;      ///< [1, S, D], as the text encoder returns it
  Tensor image;     ///< [1, n, D'], what an image encoder saw; or undefined
  Tensor appended;  ///< fp32 [1, C', T, h, w], further channels of the model's input; or undefined
  Tensor held;      ///< fp32 [1, C, t, h, w], the latents' first t frames, known; or undefined

  /// The latents with the frames that are held in their place. x: fp32 [1, C, T, h, w].
  Tensor constrain(const Tensor& x) const;
};

class Denoiser {
 public:
  virtual ~Denoiser() = default;
  /// The model's velocity, noise - x0, under each of the conditions, which differ in text alone.
  ///
  /// latents: fp32 [1, C, T, h, w]; timestep: 0 … 1000. Returns fp32 [1, C, T, h, w] for each.
  virtual std::vector<Tensor> velocities(const Tensor& latents, double timestep,
                                         const std::vector<Condition>& conditions) const = 0;

  Tensor velocity(const Tensor& latents, double timestep, const Condition& condition) const {
    return velocities(latents, timestep, {condition}).front();
  }
};

/// A clip's frames, pulled chunk by chunk, so that no more than one chunk is in memory.
class FrameStream {
 public:
  virtual ~FrameStream() = default;
  /// The next frames, fp32 [t, 3, H, W] contiguous in [0, 1], or nothing at the end.
  virtual std::optional<Tensor> next() = 0;

  /// How many frames the whole clip has.
  virtual std::int64_t total() const = 0;
};

class VideoEncoder {
 public:
  virtual ~VideoEncoder() = default;
  /// The frame at a position of the clip: fp32 [3, H, W] in [-1, 1].
  using FrameAt = std::function<Tensor(std::int64_t)>;
  /// Asks for the frames in order, as they are needed, so that a clip is never in memory whole.
  /// Returns fp32 [1, C, T, h, w]: the mean of the latents, normalised as the denoiser sees them.
  virtual Tensor encode(std::int64_t frames, const FrameAt& frame_at) const = 0;
};

class VideoDecoder {
 public:
  virtual ~VideoDecoder() = default;
  /// latents: fp32 [1, C, T, h, w], normalised as the denoiser sees them. The stream refers to the
  /// decoder and must not outlive it.
  virtual std::unique_ptr<FrameStream> decode(const Tensor& latents) const = 0;
};

}  // namespace zoetrope
