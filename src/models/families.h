#pragma once

#include "pipeline/family.h"

namespace zoetrope {

/// The family that a checkpoint belongs to.
/// Throws Error(kCorrupt) naming what was found and what is supported.
const ModelFamily& find_family(const ModelIndex& index);

}  // namespace zoetrope
