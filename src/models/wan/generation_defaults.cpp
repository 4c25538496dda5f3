#include "models/wan/generation_defaults.h"

#include <algorithm>

#include "core/files.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

int nearest(int value, int multiple) {
  return std::max(multiple, (value + multiple / 2) / multiple * multiple);
}

// Source: the default arguments and configurations of Wan 2.1 and 2.2's own generate.py.
GenerationRequest recommended_by_the_authors(const CheckpointInfo& info, bool ti2v) {
  GenerationRequest r;
  r.width = 832;
  r.height = 480;
  r.num_frames = 81;
  r.fps = {16, 1};
  r.steps = 50;
  r.guidance_scale = 5;
  const bool from_still = info.image == StillUse::kRequired;
  if (ti2v) {
    r.width = 1280;
    r.height = 704;
    r.num_frames = 121;
    r.fps = {24, 1};
  } else if (info.two_experts) {
    r.steps = 40;
    r.guidance_scale = from_still ? 3.5 : 4;
    r.guidance_scale_2 = from_still ? 3.5 : 3;
  } else if (info.last_image == StillUse::kRequired) {
    r.width = 1280;
    r.height = 720;
  } else if (from_still) {
    r.steps = 40;
  }
  return r;
}

int positive(const ConfigFile& config, const char* key, int fallback) {
  const std::int64_t value = config.integer(key, fallback);
  if (value < 1 || value > 1'000'000) {
    throw Error(ErrorCode::kCorrupt, "read " + config.path().string() + ": '" + key + "' is " +
                                         std::to_string(value) + " (expected 1 to 1000000)");
  }
  return static_cast<int>(value);
}

Rational frame_rate(const ConfigFile& config, const Rational& fallback) {
  const Json* value = config.find("fps");
  if (value == nullptr) return fallback;
  try {
    return parse_frame_rate(value->is_string() ? value->as_string("") : value->dump());
  } catch (const Error& error) {
    throw Error(ErrorCode::kCorrupt, "read " + config.path().string() + ": 'fps': " + error.what());
  }
}

std::filesystem::path config_path(const ModelIndex& index) {
  return index.folder() / "generation_config.json";
}

}  // namespace

std::string image_note(const ModelIndex& index) {
  const auto path = config_path(index);
  return is_there(path) ? ConfigFile(path).string("image_note", "") : "";
}

GenerationRequest generation_defaults(const ModelIndex& index, const CheckpointInfo& info,
                                      const SamplerConfig& sampler) {
  GenerationRequest r =
      recommended_by_the_authors(info, index.scalars().boolean("expand_timesteps", false));
  r.width = nearest(r.width, info.width_multiple());
  r.height = nearest(r.height, info.height_multiple());
  r.scheduler = sampler.scheduler;
  r.flow_shift = sampler.flow_shift;

  const auto path = config_path(index);
  if (!is_there(path)) return r;
  const ConfigFile config(path);
  r.width = positive(config, "width", r.width);
  r.height = positive(config, "height", r.height);
  r.num_frames = positive(config, "num_frames", r.num_frames);
  r.fps = frame_rate(config, r.fps);
  r.steps = positive(config, "num_inference_steps", r.steps);
  r.guidance_scale = config.number("guidance_scale", r.guidance_scale);
  if (info.two_experts) {
    r.guidance_scale_2 = config.number("guidance_scale_2", r.guidance_scale_2);
  }
  r.flow_shift = config.number("flow_shift", r.flow_shift);
  r.negative_prompt = config.string("negative_prompt", r.negative_prompt);
  return r;
}

}  // namespace zoetrope
