#include "generate_options.h"

#include "clip_options.h"
#include "core/files.h"
#include "core/option_values.h"
#include "core/utf8.h"
#include "flags.h"
#include "help.h"
#include "model_options.h"
#include "numbers.h"

namespace zoetrope::cli {
namespace {

constexpr std::uint64_t kMostPromptBytes = 1 << 20;

std::string read_prompt_file(const std::string& path) {
  std::string text = read_text_file(path, kMostPromptBytes);
  if (text.find('\0') != std::string::npos) {
    throw Error(ErrorCode::kCorrupt, "read " + path + ": a NUL byte (expected UTF-8 text)");
  }
  if (const auto at = find_invalid_utf8(text); at != std::string::npos) {
    throw Error(ErrorCode::kCorrupt, "read " + path + ": byte " + std::to_string(at) +
                                         " is not UTF-8 (expected UTF-8 text)");
  }
  if (text.compare(0, 3, "\xEF\xBB\xBF") == 0) text.erase(0, 3);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace

CLI::App* add_generate(CLI::App& app, GenerateFlags& flags) {
  CLI::App* generate = app.add_subcommand("generate", "make a video from a prompt");
  GenerateOptions& options = flags.options;
  add_clip(*generate, options.request, options.duration_s);
  add(*generate, "prompt-file", flags.prompt_file,
      "read the prompt from a UTF-8 file of at most 1 MiB")
      ->type_name("FILE")
      ->group("Clip")
      ->excludes(generate->get_option("--prompt"));
  add_render(*generate, options.render);
  add_memory_limit(*generate, options.memory_limit);
  add(*generate, "save-latents", options.save_latents,
      "keep the latents here, to decode them again")
      ->type_name("FILE.safetensors")
      ->group("Run");
  add_switch(*generate, "resume", options.resume, "go on where a stopped run of this clip was kept")
      ->group("Run");
  add_checkpoints(*generate, options.checkpoint);
  add_switch(*generate, "dry-run", options.dry_run, "print what would be done and stop")
      ->group("Run");
  add_settings(*generate, flags.settings);
  add_output(*generate, options.render.video);
  generate->footer(generate_examples());
  return generate;
}

CLI::App* add_decode(CLI::App& app, DecodeOptions& options) {
  CLI::App* decode = app.add_subcommand("decode", "make a video from saved latents");
  decode->add_option("LATENTS", options.latents, "file that generate --save-latents wrote")
      ->type_name("LATENTS")
      ->required();
  const auto fps = [&options](const std::string&, const std::string& text) {
    read_option(limits_of("fps"), text, options.fps);
  };
  add_render(*decode, options.render);
  add_output(*decode, options.render.video);
  add(*decode, "fps", fps, "frames per second (default: the recipe's)")
      ->type_name("N")
      ->group("File");
  decode->footer(decode_examples());
  return decode;
}

GenerateOptions finished(const CLI::App& generate, GenerateFlags& flags) {
  GenerateOptions& options = flags.options;
  if (generate.count("--prompt") + generate.count("--prompt-file") == 0) {
    throw UsageError("--prompt is required (or --prompt-file)");
  }
  if (options.resume && options.render.video.path.empty()) {
    throw UsageError("--resume needs --output: the clip's own name");
  }
  check_text("--prompt", options.request.prompt);
  check_text("--negative-prompt", options.request.negative_prompt);
  if (generate.count("--prompt-file") > 0) {
    options.request.prompt = read_prompt_file(flags.prompt_file);
  }
  return options;
}

}  // namespace zoetrope::cli
