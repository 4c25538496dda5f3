#pragma once

#include "checkpoint/model_index.h"
#include "sampling/sampler.h"
#include "zoetrope/checkpoint.h"

namespace zoetrope {

/// What the checkpoint recommends: its generation_config.json where it has one, else what the
/// authors of Wan recommend for checkpoints of its kind, rounded to sizes it can do.
///
/// generation_config.json: width, height, num_frames, fps (a number or "24000/1001"),
/// num_inference_steps, guidance_scale, guidance_scale_2, flow_shift, negative_prompt; each
/// optional. Throws Error(kCorrupt) naming the key that is wrong.
GenerationRequest generation_defaults(const ModelIndex& index, const CheckpointInfo& info,
                                      const SamplerConfig& sampler);

/// What its generation_config.json says, as `image_note`, of clips from a still; nothing if it says
/// nothing.
std::string image_note(const ModelIndex& index);

}  // namespace zoetrope
