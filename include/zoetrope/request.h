#pragma once

#include <cstdint>
#include <string>

#include "zoetrope/rational.h"

namespace zoetrope {

/// "What the checkpoint recommends" for numbers whose zero means something.
inline constexpr double kFromCheckpoint = -1;

/// One clip to make. A member that keeps its default takes the value that the checkpoint
/// recommends; `Generator::resolve` fills those in.
///
/// `visit_request` below lists every member once; the CLI's flags and help, the recipe in the file
/// and the sidecar are made from that list.
struct GenerationRequest {
  std::string prompt;
  std::string negative_prompt;
  int width = 0;                            ///< pixels; 0: the checkpoint's
  int height = 0;                           ///< pixels; 0: the checkpoint's
  int num_frames = 0;                       ///< 4n + 1; 0: the checkpoint's
  Rational fps;                             ///< not given: the checkpoint's
  int steps = 0;                            ///< denoising steps; 0: the checkpoint's
  double guidance_scale = kFromCheckpoint;  ///< <= 1: no guidance, the negative prompt is unused
  double flow_shift = kFromCheckpoint;      ///< > 0
  std::string scheduler;                    ///< "unipc" or "euler"; empty: the checkpoint's
  std::int64_t seed = -1;                   ///< 0 … 2^63 - 1; -1 draws one
};

/// Calls visit(key, member, help) for every member of a (const or mutable) request, in the order in
/// which people read them. Keys are spelled as in the CLI, with underscores.
template <typename Request, typename Visitor>
void visit_request(Request& request, Visitor&& visit) {
  visit("prompt", request.prompt, "what the clip shows");
  visit("negative_prompt", request.negative_prompt, "what it should not show");
  visit("width", request.width, "frame width in pixels");
  visit("height", request.height, "frame height in pixels");
  visit("num_frames", request.num_frames, "number of frames, 4n + 1");
  visit("fps", request.fps, "frames per second: 24, 24000/1001, 23.976");
  visit("steps", request.steps, "denoising steps");
  visit("guidance_scale", request.guidance_scale,
        "how strongly the prompt is followed; 1 or less turns guidance off");
  visit("flow_shift", request.flow_shift, "shift of the noise schedule");
  visit("scheduler", request.scheduler, "sampler: unipc or euler");
  visit("seed", request.seed, "seed of the noise, 0 to 2^63 - 1; -1 draws one");
}

}  // namespace zoetrope
