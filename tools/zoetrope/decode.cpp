#include <limits>

#include "commands.h"
#include "core/json.h"
#include "model_folder.h"
#include "render.h"
#include "zoetrope/error.h"
#include "zoetrope/generator.h"

namespace zoetrope::cli {
namespace {

// inspect_latents has seen to it that no size of the latents is above a million.
int pixels(std::int64_t latent, std::int64_t compression, const std::string& where) {
  const std::int64_t size = latent * compression;
  if (size > std::numeric_limits<std::int16_t>::max()) {
    throw Error(ErrorCode::kCorrupt,
                where + ": frames of " + std::to_string(size) + " pixels a side (at most 32767)");
  }
  return static_cast<int>(size);
}

// The latents' own recipe, at the rate that the file gets.
Recipe recipe_of(const LatentsInfo& latents, const Rational& fps, const std::string& where) {
  Recipe recipe;
  if (latents.recipe_json.empty()) return recipe;
  const Json saved = Json::parse(latents.recipe_json, where);
  Json json;
  for (const auto& [key, value] : saved.as_object(where)) {
    const Json kept = key == "fps" ? Json(to_string(fps)) : value;
    json.set(key, kept);
    recipe.tags.emplace_back(key, kept.is_string() ? kept.as_string(where) : kept.dump());
  }
  recipe.json = json.dump();
  return recipe;
}

Rational first_given(const Rational& chosen, const Rational& recorded, const Rational& usual) {
  if (chosen.given()) return chosen;
  return recorded.given() ? recorded : usual;
}

}  // namespace

void run_decode(const DecodeOptions& options, Reporter& reporter) {
  const LatentsInfo latents = inspect_latents(options.latents);
  Generator generator(choose_model(options.render.model), options.render.run);
  const CheckpointInfo& info = generator.info();
  const std::string where = "decode " + options.latents;
  if (!latents.complete) {
    reporter.warn(where +
                  ": denoising was stopped before its last step, so the clip will be noisy");
  }

  Clip clip{options.render.video, {}, latents.request.seed, options.render.json};
  clip.format.height = pixels(latents.shape[3], info.spatial_compression, where);
  clip.format.width = pixels(latents.shape[4], info.spatial_compression, where);
  clip.format.fps = first_given(options.fps, latents.request.fps, info.defaults.fps);
  clip.video.frames = (latents.shape[2] - 1) * info.frame_multiple + 1;
  if (clip.video.path.empty()) clip.video.path = default_output(clip.seed);
  render(
      clip, reporter,
      [&](FrameSink& sink, const RunHooks& hooks) {
        generator.decode(options.latents, sink, hooks);
      },
      [&] { return recipe_of(latents, clip.format.fps, where); });
}

}  // namespace zoetrope::cli
