#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

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
  std::string image;                          ///< path of the still that the clip starts with
  std::string last_image;                     ///< path of the still that it ends with
  std::string fit;                            ///< "stretch", "crop" or "pad"; empty: stretch
  int width = 0;                              ///< pixels; 0: the checkpoint's
  int height = 0;                             ///< pixels; 0: the checkpoint's
  int num_frames = 0;                         ///< 4n + 1; 0: the checkpoint's
  Rational fps;                               ///< not given: the checkpoint's
  int steps = 0;                              ///< denoising steps; 0: the checkpoint's
  double guidance_scale = kFromCheckpoint;    ///< <= 1: no guidance, the negative prompt is unused
  double guidance_scale_2 = kFromCheckpoint;  ///< of the low-noise expert, where there are two
  double flow_shift = kFromCheckpoint;        ///< > 0
  std::string scheduler;                      ///< "unipc" or "euler"; empty: the checkpoint's
  std::int64_t seed = -1;                     ///< 0 … 2^63 - 1; -1 draws one
};

/// Calls visit(key, member, help) for every member of a (const or mutable) request, in the order in
/// which people read them. Keys are spelled as in the CLI, with underscores.
template <typename Request, typename Visitor>
void visit_request(Request& request, Visitor&& visit) {
  visit("prompt", request.prompt, "what the clip shows");
  visit("negative_prompt", request.negative_prompt, "what it should not show");
  visit("image", request.image, "still to start from: PNG, JPEG or WebP");
  visit("last_image", request.last_image, "still to end with");
  visit("fit", request.fit, "what to do with a still of another aspect: stretch, crop or pad");
  visit("width", request.width, "frame width in pixels");
  visit("height", request.height, "frame height in pixels");
  visit("num_frames", request.num_frames, "number of frames, 4n + 1");
  visit("fps", request.fps, "frames per second: 24, 24000/1001, 23.976");
  visit("steps", request.steps, "denoising steps");
  visit("guidance_scale", request.guidance_scale,
        "how strongly the prompt is followed; 1 or less turns guidance off");
  visit("guidance_scale_2", request.guidance_scale_2,
        "the same for the low-noise expert, where the checkpoint has two");
  visit("flow_shift", request.flow_shift, "shift of the noise schedule");
  visit("scheduler", request.scheduler, "sampler: unipc or euler");
  visit("seed", request.seed, "seed of the noise, 0 to 2^63 - 1; -1 draws one");
}

/// The same for the members of a resolved request that have a value: those that its checkpoint has
/// no use for (a still, a second guidance) are left out.
template <typename Visitor>
void visit_used(const GenerationRequest& request, Visitor&& visit) {
  const auto leave_out = [](const std::string& key, const auto& member) {
    if constexpr (std::is_same_v<std::decay_t<decltype(member)>, std::string>) {
      return member.empty() && !key.ends_with("prompt");
    } else if constexpr (std::is_same_v<std::decay_t<decltype(member)>, double>) {
      return member == kFromCheckpoint;
    } else {
      return false;
    }
  };
  visit_request(request, [&](const char* key, const auto& member, const char* help) {
    if (!leave_out(key, member)) visit(key, member, help);
  });
}

}  // namespace zoetrope
