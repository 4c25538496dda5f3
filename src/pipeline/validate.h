#pragma once

#include "pipeline/family.h"

namespace zoetrope {

/// The request with the checkpoint's defaults filled in and a seed drawn where it asks for one.
/// Throws one Error(kUsage) that lists every value the model can't do, with the nearest it can.
GenerationRequest resolve(const GenerationRequest& request, const Pipeline& pipeline);

/// [1, C, T, h, w] of a resolved request.
std::vector<std::int64_t> latent_shape(const GenerationRequest& request,
                                       const CheckpointInfo& info);

}  // namespace zoetrope
