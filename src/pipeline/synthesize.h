#pragma once

#include <functional>
#include <optional>

#include "pipeline/family.h"
#include "sampling/denoise.h"
#include "zoetrope/frame_sink.h"

namespace zoetrope {

/// Where a run begins and to whom it gives what it has, so that it outlives its process.
struct Continuation {
  std::optional<Denoised> start;              ///< nothing: from noise
  StepObserver after_step;                    ///< may keep it
  std::function<void(const Denoised&)> keep;  ///< at a stop and before decoding; may be empty
};

/// One prompt, from text to frames in the sink, which the caller opened and finishes.
/// `r` is resolved. Throws Error(kStopped) if asked to stop after `keep` was called, else
/// Error(kInterrupted).
void synthesize(Pipeline& p, const GenerationRequest& r, FrameSink& sink, const RunHooks& hooks,
                const Continuation& from);

/// Decodes latents chunk by chunk into the sink. Returns false if it was asked to stop.
bool stream_frames(const VideoDecoder& decoder, const Tensor& latents, FrameSink& sink,
                   const RunHooks& hooks);

}  // namespace zoetrope
