#include "render.h"

#include <array>
#include <chrono>
#include <ctime>
#include <system_error>

#include "core/json.h"
#include "numbers.h"
#include "signals.h"
#include "terminal.h"

namespace zoetrope::cli {
namespace {

using Clock = std::chrono::steady_clock;

// 0 for a sequence of frames, whose name is a pattern.
std::int64_t size_of(const std::filesystem::path& path) {
  std::error_code unknown;
  const auto size = std::filesystem::file_size(path, unknown);
  return unknown ? 0 : static_cast<std::int64_t>(size);
}

void report(const Clip& clip, Reporter& reporter, double seconds) {
  const std::string path = clip.video.path.string();
  const std::int64_t bytes = size_of(clip.video.path);
  Json json;
  json.set("output", path);
  if (clip.seed >= 0) json.set("seed", clip.seed);
  json.set("frames", clip.video.frames);
  json.set("width", clip.format.width);
  json.set("height", clip.format.height);
  json.set("fps", to_string(clip.format.fps));
  json.set("bytes", bytes);
  json.set("seconds", seconds);
  reporter.finished(
      json, "wrote " + path + ": " + std::to_string(clip.video.frames) + " frames at " +
                to_string(clip.format.fps) + " fps, " + std::to_string(clip.format.width) + "x" +
                std::to_string(clip.format.height) + (bytes > 0 ? ", " + human_bytes(bytes) : "") +
                ", in " + human_duration(seconds));
  print_result((clip.json ? json.dump() : path) + "\n");
}

}  // namespace

RunHooks hooks_for(Reporter& reporter) {
  RunHooks hooks;
  hooks.on_progress = [&reporter](const Progress& progress) { reporter.progress(progress); };
  hooks.on_warning = [&reporter](const std::string& message) { reporter.warn(message); };
  hooks.stop_requested = [] { return received_signal() != 0; };
  return hooks;
}

std::filesystem::path default_output(std::int64_t seed) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 32> stamp{};
  std::strftime(stamp.data(), stamp.size(), "%Y%m%d-%H%M%S", &local);
  const std::string tail = seed < 0 ? "" : "-" + std::to_string(seed);
  return std::string("zoetrope-") + stamp.data() + tail + ".mp4";
}

void render(const Clip& clip, Reporter& reporter,
            const std::function<void(FrameSink&, const RunHooks&)>& make,
            const std::function<Recipe()>& recipe) {
  const auto start = Clock::now();
  const RunHooks hooks = hooks_for(reporter);
  const auto file = open_video_file(clip.video, clip.format);
  file->on_encoded([&hooks, total = clip.video.frames](std::int64_t frames) {
    hooks.progress(Stage::kEncode, frames, total);
  });
  make(*file, hooks);
  if (clip.video.metadata) file->set_recipe(recipe());
  file->finish();
  report(clip, reporter, std::chrono::duration<double>(Clock::now() - start).count());
}

}  // namespace zoetrope::cli
