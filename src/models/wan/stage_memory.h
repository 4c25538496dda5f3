#pragma once

#include "models/wan/wan_parts.h"
#include "pipeline/memory.h"

namespace zoetrope {

/// What each stage of a resolved request has in memory, in the order in which they run.
/// element: bytes of the compute type.
std::vector<StageMemory> wan_stage_memory(const WanParts& parts, const CheckpointInfo& info,
                                          const GenerationRequest& r, std::int64_t element);

}  // namespace zoetrope
