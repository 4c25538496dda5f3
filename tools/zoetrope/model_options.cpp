#include "model_options.h"

#include <algorithm>

#include "flags.h"
#include "numbers.h"

namespace zoetrope::cli {
namespace {

Setter path_setter(std::filesystem::path& path) {
  return [&path](const std::string& flag, const std::string& text) {
    if (text.empty()) throw UsageError(flag + ": '' is no file name");
    path = text;
  };
}

// "5GB", "500MB", "2GiB" or a number of bytes. GB are 10^9, as in diffusers.
std::int64_t parse_shard_size(const std::string& flag, const std::string& text) {
  struct Unit {
    const char* name;
    std::int64_t bytes;
  };
  constexpr Unit kUnits[] = {{"KiB", 1 << 10}, {"MiB", 1 << 20},  {"GiB", 1 << 30},
                             {"KB", 1'000},    {"MB", 1'000'000}, {"GB", 1'000'000'000},
                             {"B", 1}};
  constexpr std::int64_t kMost = 1'000'000'000'000;
  for (const Unit& unit : kUnits) {
    const std::string name = unit.name;
    if (!text.ends_with(name)) continue;
    return parse_whole(flag, text.substr(0, text.size() - name.size()), 1, kMost / unit.bytes) *
           unit.bytes;
  }
  return parse_whole(flag, text, 1, kMost);
}

}  // namespace

void add_parts(CLI::App& app, ModelFiles& model) {
  visit_parts(model, [&](std::string flag, std::filesystem::path& path, const char* help) {
    const bool folder = flag == "tokenizer";
    std::replace(flag.begin(), flag.end(), '_', '-');
    add(app, flag, path_setter(path), help)->type_name(folder ? "DIR" : "FILE")->group("Run");
  });
}

void add_model(CLI::App& app, ModelFiles& model) {
  add(app, "model", path_setter(model.folder),
      "model folder (default: $ZOETROPE_MODEL, models/starter)")
      ->type_name("DIR")
      ->group("Run");
  add_parts(app, model);
}

void add_checkpoints(CLI::App& app, ResumeOptions::Every& every) {
  const auto steps = [&every](const std::string& flag, const std::string& text) {
    every.steps = static_cast<int>(parse_whole(flag, text, 0, 1000));
  };
  const auto minutes = [&every](const std::string& flag, const std::string& text) {
    every.minutes = parse_real(flag, text, 0, 10'000);
  };
  add(app, "checkpoint-steps", steps, "keep the clip after so many steps; 0: only by time")
      ->type_name("N")
      ->group("Run");
  add(app, "checkpoint-minutes", minutes,
      "keep the clip after so many minutes (default: 10); 0: only by steps")
      ->type_name("M")
      ->group("Run");
}

void add_conversion(CLI::App& app, ConvertOptions& options) {
  const auto shard = [&options](const std::string& flag, const std::string& text) {
    options.max_shard_bytes = parse_shard_size(flag, text);
  };
  add_choice<std::string>(app, "dtype", options.dtype,
                          {{"keep", "keep"}, {"bf16", "bf16"}, {"fp16", "fp16"}, {"fp32", "fp32"}},
                          "number format of the weights; keep makes bf16 of fp8");
  add(app, "max-shard-size", shard, "most bytes of a file, as 5GB or 500MiB (default: 5GB)")
      ->type_name("SIZE");
  add(app, "output", path_setter(options.output), "folder to write: new, or of an unfinished run")
      ->type_name("DIR");
}

}  // namespace zoetrope::cli
