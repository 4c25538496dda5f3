#pragma once

#include <vector>

#include "checkpoint/model_index.h"
#include "pipeline/diffusers_part.h"

namespace zoetrope {

/// The parts of a Wan model with weights, as a diffusers folder holds them. Configs are those of
/// the model where it has them in that form, else written from what the tensors show.
/// Throws Error(kCorrupt) for a model at fault.
std::vector<DiffusersPart> wan_diffusers_parts(const ModelIndex& index);

}  // namespace zoetrope
