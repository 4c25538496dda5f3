#pragma once

#include <functional>

#include "pipeline/synthesize.h"
#include "zoetrope/generator.h"

namespace zoetrope {

/// Where a run begins, and how its state is written to the file that `options` names. `recipe` is
/// asked for when it is needed, since it waits for the weights' hash.
/// Throws as read_state does, and Error(kCorrupt) if the state is not of the request's size.
Continuation continuation(const ResumeOptions& options, const GenerationRequest& resolved,
                          const CheckpointInfo& info, const std::function<Recipe()>& recipe);

}  // namespace zoetrope
