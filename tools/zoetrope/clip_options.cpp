#include "clip_options.h"

#include <algorithm>
#include <tuple>

#include "core/option_values.h"
#include "core/utf8.h"
#include "flags.h"
#include "model_options.h"
#include "numbers.h"

namespace zoetrope::cli {
namespace {

std::string with_hyphens(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

// A visitor that declares the flag of each member, from the one list of them.
auto flag_adder(CLI::App& app, const char* group) {
  return [&app, group](const std::string& key, auto& member, const char* help) {
    const OptionLimits limits = limits_of(key);
    const auto set = [key, &member](const std::string&, const std::string& text) {
      read_option(limits_of(key), text, member);
    };
    add(app, with_hyphens(key), set, help)->type_name(limits.type)->group(group);
  };
}

}  // namespace

void add_clip(CLI::App& app, GenerationRequest& request, double& duration_s) {
  visit_request(request, flag_adder(app, "Clip"));
  const auto size = [&request](const std::string&, const std::string& text) {
    std::tie(request.width, request.height) = read_size(text);
  };
  const auto duration = [&duration_s](const std::string&, const std::string& text) {
    duration_s = read_duration(text);
  };
  add(app, "size", size, "width and height at once: 832x480")
      ->type_name("WxH")
      ->group("Clip")
      ->excludes(app.get_option("--width"))
      ->excludes(app.get_option("--height"));
  add(app, "duration", duration, "length in seconds; rounded to the nearest 4n + 1 frames")
      ->type_name("S")
      ->group("Clip")
      ->excludes(app.get_option("--num-frames"));
}

void add_encoding(CLI::App& app, VideoFileOptions& video) {
  visit_encoding(video, flag_adder(app, "File"));
}

void add_output(CLI::App& app, VideoFileOptions& video) {
  const auto output = [&video](const std::string& flag, const std::string& text) {
    if (text.empty()) throw UsageError(flag + ": '' is no file name");
    video.path = text;
  };
  add(app, "output", output, "file to write: .mp4 .mov .mkv .webm .gif, or frames as %05d.png")
      ->type_name("OUT")
      ->group("File");
  add_switch(app, "overwrite", video.overwrite, "replace OUT if it exists")->group("File");
  add_encoding(app, video);
}

void add_render(CLI::App& app, RenderOptions& options) {
  const auto threads = [&options](const std::string& flag, const std::string& text) {
    options.run.threads = static_cast<int>(parse_whole(flag, text, 1, 1024));
  };
  add_model(app, options.model);
  add(app, "device", options.run.device, "cpu, cuda[:i] or auto")
      ->type_name("DEVICE")
      ->group("Run");
  add_choice<std::string>(app, "dtype", options.run.dtype,
                          {{"fp32", "fp32"}, {"bf16", "bf16"}, {"auto", "auto"}},
                          "number format of the transformer")
      ->group("Run");
  add(app, "threads", threads, "processor threads to use (default: all)")
      ->type_name("N")
      ->group("Run");
  add_reporting(app, options.progress, options.json);
}

void add_memory_limit(CLI::App& app, std::int64_t& bytes) {
  const auto limit = [&bytes](const std::string& flag, const std::string& text) {
    bytes = parse_bytes(flag, text);
  };
  add(app, "memory-limit", limit, "memory to get along with: 12G, 1500M (default: what is free)")
      ->type_name("SIZE")
      ->group("Run");
}

void add_reporting(CLI::App& app, ProgressMode& progress, bool& json) {
  add_choice<ProgressMode>(app, "progress", progress,
                           {{"auto", ProgressMode::kAuto},
                            {"plain", ProgressMode::kPlain},
                            {"json", ProgressMode::kJson},
                            {"none", ProgressMode::kNone}},
                           "how progress is shown on stderr")
      ->group("Run");
  add_switch(app, "json", json, "print the result on stdout as JSON")->group("Run");
}

void check_text(const std::string& flag, const std::string& text) {
  if (const auto at = find_invalid_utf8(text); at != std::string::npos) {
    throw UsageError(flag + ": byte " + std::to_string(at) + " is not UTF-8");
  }
}

}  // namespace zoetrope::cli
