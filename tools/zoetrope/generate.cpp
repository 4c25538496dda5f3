#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "commands.h"
#include "core/json.h"
#include "machine.h"
#include "model_folder.h"
#include "numbers.h"
#include "render.h"
#include "terminal.h"
#include "zoetrope/generator.h"

namespace zoetrope::cli {
namespace {

namespace fs = std::filesystem;

// --duration in frames: the nearest n * multiple + 1.
void set_frames(const GenerateOptions& options, const CheckpointInfo& info, Reporter& reporter,
                GenerationRequest& request) {
  if (options.duration_s <= 0) return;
  const Rational fps = request.fps.given() ? request.fps : info.defaults.fps;
  const double wanted = options.duration_s * fps.value();
  const int multiple = std::max(1, info.frame_multiple);
  request.num_frames =
      static_cast<int>(std::max(0.0, std::round((wanted - 1) / multiple))) * multiple + 1;
  reporter.note("--duration " + shortest(options.duration_s) + " at " + to_string(fps) +
                " fps: " + std::to_string(request.num_frames) + " frames, " +
                fixed(request.num_frames / fps.value(), 3) + " s (the nearest " +
                std::to_string(multiple) + "n + 1)");
}

// What can be known about a file that is still to be written, without touching it.
void check_target(const std::string& flag, const fs::path& path, bool overwrite) {
  std::error_code unknown;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, unknown)) {
    throw Error(ErrorCode::kResource,
                flag + " " + path.string() + ": the folder " + folder.string() + " does not exist");
  }
  if (fs::is_directory(path, unknown)) {
    throw Error(ErrorCode::kUsage,
                flag + " " + path.string() + ": is a folder (expected a file name)");
  }
  if (!overwrite && fs::exists(path, unknown)) {
    throw Error(ErrorCode::kUsage,
                flag + " " + path.string() + ": exists already (--overwrite replaces it)");
  }
}

// Whether a list like ".mp4 .mov" has the word.
bool has_word(const std::string& list, const std::string& word) {
  return !word.empty() && (" " + list + " ").find(" " + word + " ") != std::string::npos;
}

void check_codec(const VideoFileOptions& video) {
  const std::string extension = video.path.extension().string();
  bool known = false;
  for (const EncoderInfo& encoder : list_encoders()) {
    if (!has_word(encoder.containers, extension)) continue;
    if (video.codec.empty() || video.codec == encoder.codec) return;
    known = true;
  }
  if (!known) {
    throw Error(ErrorCode::kUsage,
                "--output " + video.path.string() + ": unknown extension '" + extension + "'");
  }
  throw Error(ErrorCode::kUsage, "--codec " + video.codec + ": can't be stored in " + extension +
                                     " (see zoetrope doctor)");
}

void check_latents_target(const GenerateOptions& options) {
  if (options.save_latents.empty()) return;
  const fs::path path = options.save_latents;
  if (path.extension() != ".safetensors") {
    throw Error(ErrorCode::kUsage,
                "--save-latents " + path.string() + ": expected a name in .safetensors");
  }
  check_target("--save-latents", path, options.render.video.overwrite);
}

Json plan_json(const GenerationRequest& request, const Plan& plan, const CheckpointInfo& info,
               const VideoFileOptions& video) {
  Json json;
  visit_used(request, [&](const char* key, const auto& member, const char*) {
    if constexpr (std::is_same_v<std::decay_t<decltype(member)>, Rational>) {
      json.set(key, to_string(member));
    } else {
      json.set(key, member);
    }
  });
  json.set("duration_s", request.num_frames / request.fps.value());
  json.set("model", info.name);
  json.set("latents", Json::Array{1, info.latent_channels, plan.latent_frames, plan.latent_height,
                                  plan.latent_width});
  json.set("video_tokens", plan.video_tokens);
  json.set("text_tokens", plan.text_tokens);
  json.set("device", plan.device);
  json.set("dtype", plan.dtype);
  json.set("weight_bytes", plan.weight_bytes);
  json.set("peak_bytes", plan.peak_bytes);
  json.set("output", video.path.string());
  json.set("codec", video.codec.empty() ? "default" : video.codec);
  return json;
}

std::string plan_text(const GenerationRequest& request, const Plan& plan,
                      const CheckpointInfo& info, const VideoFileOptions& video) {
  constexpr std::size_t kNameWidth = 12;
  const auto row = [](const std::string& name, const std::string& value) {
    return cli::row(name, value, kNameWidth);
  };
  const std::string separator = ", ";
  return row("model", info.name + " (" + info.family + ")") +
         row("prompt", shortened(request.prompt)) +
         (request.image.empty()
              ? ""
              : row("starts from",
                    request.image +
                        (request.last_image.empty() ? "" : ", ends with " + request.last_image))) +
         row("clip", std::to_string(request.width) + "x" + std::to_string(request.height) + ", " +
                         std::to_string(request.num_frames) + " frames at " +
                         to_string(request.fps) + " fps, " +
                         fixed(request.num_frames / request.fps.value(), 3) + " s") +
         row("sampling",
             std::to_string(request.steps) + " steps of " + request.scheduler + ", guidance " +
                 shortest(request.guidance_scale) +
                 (info.two_experts ? " and " + shortest(request.guidance_scale_2) : "") +
                 ", shift " + shortest(request.flow_shift) + ", seed " +
                 std::to_string(request.seed)) +
         row("latents", "[1, " + std::to_string(info.latent_channels) + separator +
                            std::to_string(plan.latent_frames) + separator +
                            std::to_string(plan.latent_height) + separator +
                            std::to_string(plan.latent_width) + "], " +
                            std::to_string(plan.video_tokens) + " video tokens, " +
                            std::to_string(plan.text_tokens) + " text tokens") +
         row("device", plan.device + ", " + plan.dtype) +
         row("memory", "about " + human_bytes(plan.peak_bytes) + " at most, weights " +
                           human_bytes(plan.weight_bytes)) +
         row("output",
             video.path.string() + (video.codec.empty() ? "" : " with codec " + video.codec));
}

void warn_of_memory(const Plan& plan, Reporter& reporter) {
  const std::int64_t available = describe_machine().available_bytes;
  if (available <= 0 || plan.peak_bytes <= available) return;
  reporter.warn("this needs about " + human_bytes(plan.peak_bytes) + " of memory and " +
                human_bytes(available) + " is free; a smaller size or fewer frames need less");
}

}  // namespace

void run_generate(const GenerateOptions& options, Reporter& reporter) {
  check_latents_target(options);
  Generator generator(choose_model(options.render.model), options.render.run);
  GenerationRequest request = options.request;
  set_frames(options, generator.info(), reporter, request);
  request = generator.resolve(request);

  Clip clip{options.render.video, Generator::format(request), request.seed, options.render.json};
  if (clip.video.path.empty()) clip.video.path = default_output(request.seed);
  clip.video.frames = request.num_frames;
  const Plan plan = generator.plan(request);
  warn_of_memory(plan, reporter);
  if (options.dry_run) {
    check_target("--output", clip.video.path, clip.video.overwrite);
    check_codec(clip.video);
    print_result(options.render.json
                     ? plan_json(request, plan, generator.info(), clip.video).dump(2) + "\n"
                     : plan_text(request, plan, generator.info(), clip.video));
    return;
  }
  reporter.seed(request.seed);
  render(
      clip, reporter,
      [&](FrameSink& sink, const RunHooks& hooks) {
        generator.generate(request, sink, hooks, options.save_latents);
      },
      [&] { return generator.recipe(request); });
}

}  // namespace zoetrope::cli
