#pragma once

#include "checkpoint/name_rules.h"
#include "checkpoint/safetensors.h"

namespace zoetrope {

/// Whose names a CLIP image encoder's file has: transformers', with or without `vision_model.`
/// before them, or OpenCLIP's, which only Wan's own pickle has and which aren't read.
Naming clip_vision_naming(const TensorFiles& files);

}  // namespace zoetrope
