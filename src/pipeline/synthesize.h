#pragma once

#include <functional>

#include "pipeline/family.h"
#include "sampling/denoise.h"
#include "zoetrope/frame_sink.h"

namespace zoetrope {

/// Called with the latents before they are decoded, complete or not; may be empty.
using LatentsSaver = std::function<void(const Denoised&)>;

/// One prompt, from text to frames in the sink, which the caller opened and finishes.
/// `r` is resolved. Throws Error(kStopped) if asked to stop after `save` kept the latents, else
/// Error(kInterrupted).
void synthesize(Pipeline& p, const GenerationRequest& r, FrameSink& sink, const RunHooks& hooks,
                const LatentsSaver& save);

/// Decodes latents chunk by chunk into the sink. Returns false if it was asked to stop.
bool stream_frames(const VideoDecoder& decoder, const Tensor& latents, FrameSink& sink,
                   const RunHooks& hooks);

}  // namespace zoetrope
