#pragma once

#include "checkpoint/model_index.h"
#include "zoetrope/model_files.h"

namespace zoetrope {

/// What the parts of a model are and where they lie, whatever its layout.
/// Throws Error(kCorrupt) naming what is missing or can't be told apart.
ModelIndex find_model(const ModelFiles& files);

}  // namespace zoetrope
