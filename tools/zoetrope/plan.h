#pragma once

#include <cstdint>
#include <string>

#include "core/json.h"
#include "progress.h"
#include "zoetrope/generator.h"
#include "zoetrope/video_file.h"

namespace zoetrope::cli {

/// The plan of a resolved request within `limit` bytes of memory. With 0 the limit is what the
/// machine has free, if that is enough at all, and the user is warned when it is not.
/// Throws Error(kResource) if a limit that was asked for is too low.
Plan plan_within(std::int64_t limit, Generator& generator, const GenerationRequest& resolved,
                 Reporter& reporter);

/// What --dry-run prints, for programs and for people.
Json plan_json(const GenerationRequest& request, const Plan& plan, const CheckpointInfo& info,
               const VideoFileOptions& video);
std::string plan_text(const GenerationRequest& request, const Plan& plan,
                      const CheckpointInfo& info, const VideoFileOptions& video);

}  // namespace zoetrope::cli
