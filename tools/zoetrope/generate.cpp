#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "commands.h"
#include "model_folder.h"
#include "numbers.h"
#include "plan.h"
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
  request.num_frames = frames_of(options.duration_s, fps, info.frame_multiple);
  reporter.note("--duration " + shortest(options.duration_s) + " at " + to_string(fps) +
                " fps: " + std::to_string(request.num_frames) + " frames, " +
                fixed(request.num_frames / fps.value(), 3) + " s (the nearest " +
                std::to_string(std::max(1, info.frame_multiple)) + "n + 1)");
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
  check_target("--save-latents", path, options.render.video.overwrite || options.resume);
}

// Where the clip is kept while it is made.
ResumeOptions resume_options(const GenerateOptions& options, const fs::path& output) {
  const fs::path state =
      options.save_latents.empty() ? state_file_of(output) : fs::path(options.save_latents);
  return {state, options.resume, options.checkpoint};
}

// A run goes on with the seed that it had, whether that was given or drawn.
void adopt_seed(const ResumeOptions& resume, GenerationRequest& request) {
  std::error_code unknown;
  if (!resume.resume || request.seed != -1 || !fs::exists(resume.state, unknown)) return;
  request.seed = inspect_latents(resume.state).request.seed;
}

// A run that died between putting its clip in place and its sidecar left a finished state beside a
// clip that tells of the same recipe: that clip is ours to replace.
bool is_half_published(const ResumeOptions& resume, const Clip& clip, Generator& generator,
                       const GenerationRequest& request) {
  std::error_code unknown;
  const fs::path& output = clip.video.path;
  if (!resume.resume || !fs::exists(output, unknown) || !fs::exists(resume.state, unknown) ||
      fs::exists(output.string() + ".json", unknown)) {
    return false;
  }
  const std::string recipe = generator.recipe(request).json;
  try {
    const LatentsInfo state = inspect_latents(resume.state);
    return state.complete && state.recipe_json == recipe &&
           inspect_video_file(output).recipe_json == recipe;
  } catch (const Error&) {
    return false;  // something else lies there
  }
}

void mention_state(const ResumeOptions& resume, Reporter& reporter) {
  std::error_code unknown;
  if (resume.resume || !fs::exists(resume.state, unknown)) return;
  reporter.note(resume.state.string() +
                " of an earlier run is not used and will be replaced (--resume goes on from it)");
}

void make(const Clip& clip, Reporter& reporter, Generator& generator,
          const GenerationRequest& request, const ResumeOptions& resume) {
  try {
    render(
        clip, reporter,
        [&](FrameSink& sink, const RunHooks& hooks) {
          generator.generate(request, sink, hooks, resume);
        },
        [&] { return generator.recipe(request); });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kStopped) throw;
    throw Error(error.code(), std::string(error.what()) + "; kept in " + resume.state.string() +
                                  " (the same command with --resume -o " +
                                  clip.video.path.string() + " goes on)");
  }
}

}  // namespace

void run_generate(const GenerateOptions& options, Reporter& reporter) {
  check_latents_target(options);
  Generator generator(choose_model(options.render.model), options.render.run);
  GenerationRequest request = options.request;
  // Without a name for the output there is nothing to go on from.
  adopt_seed(resume_options(options, options.render.video.path), request);
  set_frames(options, generator.info(), reporter, request);
  request = generator.resolve(request);

  Clip clip{options.render.video, Generator::format(request), request.seed, options.render.json};
  if (clip.video.path.empty()) clip.video.path = default_output(request.seed);
  clip.video.frames = request.num_frames;
  const Plan plan = plan_within(options.memory_limit, generator, request, reporter);
  if (options.dry_run) {
    check_target("--output", clip.video.path, clip.video.overwrite);
    check_codec(clip.video);
    print_result(options.render.json
                     ? plan_json(request, plan, generator.info(), clip.video).dump(2) + "\n"
                     : plan_text(request, plan, generator.info(), clip.video));
    return;
  }
  reporter.seed(request.seed);
  const ResumeOptions resume = resume_options(options, clip.video.path);
  mention_state(resume, reporter);
  if (is_half_published(resume, clip, generator, request)) clip.video.overwrite = true;
  make(clip, reporter, generator, request, resume);
  if (options.save_latents.empty()) remove_state(resume.state);
}

}  // namespace zoetrope::cli
