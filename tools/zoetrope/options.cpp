#include "options.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <tuple>

#include <CLI/CLI.hpp>

#include "core/files.h"
#include "core/utf8.h"
#include "flags.h"
#include "help.h"
#include "model_options.h"
#include "numbers.h"
#include "zoetrope/version.h"

namespace zoetrope::cli {
namespace {

// What the command line accepts; the checkpoint's own limits are checked by Generator::resolve.
struct Limits {
  std::string_view key;
  double low, high;
  const char* type;
};
constexpr int kMostPixels = 8192;
constexpr std::array kLimits = {
    Limits{"width", 1, kMostPixels, "N"},
    Limits{"height", 1, kMostPixels, "N"},
    Limits{"num_frames", 1, 100'001, "N"},
    Limits{"steps", 1, 1000, "N"},
    Limits{"guidance_scale", 0, 100, "X"},
    Limits{"guidance_scale_2", 0, 100, "X"},
    Limits{"flow_shift", 0.001, 1000, "X"},
    Limits{"fps", 0, 0, "N"},
    Limits{"seed", 0, 0, "N"},
    Limits{"scheduler", 0, 0, "unipc|euler"},
    Limits{"image", 0, 0, "FILE"},
    Limits{"last_image", 0, 0, "FILE"},
    Limits{"fit", 0, 0, "stretch|crop|pad"},
};
constexpr std::uint64_t kMostPromptBytes = 1 << 20;

Limits limits_of(std::string_view key) {
  const auto* found = std::find_if(kLimits.begin(), kLimits.end(),
                                   [&](const Limits& limits) { return limits.key == key; });
  return found == kLimits.end() ? Limits{key, 0, 0, "TEXT"} : *found;
}

void read_value(const Limits&, const std::string&, const std::string& text, std::string& value) {
  value = text;
}

void read_value(const Limits& limits, const std::string& flag, const std::string& text,
                int& value) {
  value = static_cast<int>(parse_whole(flag, text, static_cast<std::int64_t>(limits.low),
                                       static_cast<std::int64_t>(limits.high)));
}

// The seed is the only 64-bit member.
void read_value(const Limits&, const std::string& flag, const std::string& text,
                std::int64_t& value) {
  value = parse_whole(flag, text, -1, std::numeric_limits<std::int64_t>::max());
}

void read_value(const Limits& limits, const std::string& flag, const std::string& text,
                double& value) {
  value = parse_real(flag, text, limits.low, limits.high);
}

void read_value(const Limits&, const std::string& flag, const std::string& text, Rational& value) {
  try {
    value = parse_frame_rate(text);
  } catch (const Error& error) {
    throw UsageError(flag + ": " + error.what());
  }
}

std::string with_hyphens(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

// The flags of a request's members, made from the one list of them.
void add_request(CLI::App& app, GenerationRequest& request) {
  visit_request(request, [&](const std::string& key, auto& member, const char* help) {
    const Limits limits = limits_of(key);
    const auto set = [limits, &member](const std::string& flag, const std::string& text) {
      read_value(limits, flag, text, member);
    };
    add(app, with_hyphens(key), set, help)->type_name(limits.type)->group("Clip");
  });
}

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

// The prompt file is read when the whole command line is known to be right.
void add_clip_extras(CLI::App& app, GenerateOptions& options, std::string& prompt_file) {
  GenerationRequest& request = options.request;
  const auto size = [&request](const std::string&, const std::string& text) {
    std::tie(request.width, request.height) = parse_size(text, kMostPixels);
  };
  const auto duration = [&options](const std::string& flag, const std::string& text) {
    options.duration_s = parse_real(flag, text, 0.001, 3600);
  };
  add(app, "prompt-file", prompt_file, "read the prompt from a UTF-8 file of at most 1 MiB")
      ->type_name("FILE")
      ->group("Clip")
      ->excludes(app.get_option("--prompt"));
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

void add_encoding(CLI::App& app, VideoFileOptions& video) {
  const auto output = [&video](const std::string& flag, const std::string& text) {
    if (text.empty()) throw UsageError(flag + ": '' is no file name");
    video.path = text;
  };
  const auto crf = [&video](const std::string& flag, const std::string& text) {
    video.crf = static_cast<int>(parse_whole(flag, text, 0, 63));
  };
  add(app, "output", output, "file to write: .mp4 .mov .mkv .webm .gif, or frames as %05d.png")
      ->type_name("OUT")
      ->group("File");
  add_switch(app, "overwrite", video.overwrite, "replace OUT if it exists")->group("File");
  add(app, "codec", video.codec, "h264 hevc av1 vp9 ffv1 … (default: the container's)")
      ->type_name("NAME")
      ->group("File");
  add(app, "crf", crf, "quality of lossy codecs, lower is better")->type_name("N")->group("File");
  add_choice<int>(app, "bit-depth", video.bit_depth, {{"8", 8}, {"10", 10}}, "bits per sample")
      ->group("File");
  add_choice<bool>(app, "metadata", video.metadata, {{"full", true}, {"none", false}},
                   "none: no recipe in the file and no .json beside it")
      ->group("File");
}

void add_generate(CLI::App& app, GenerateOptions& options, std::string& prompt_file) {
  CLI::App* generate = app.add_subcommand("generate", "make a video from a prompt");
  add_request(*generate, options.request);
  add_clip_extras(*generate, options, prompt_file);
  add_render(*generate, options.render);
  add(*generate, "save-latents", options.save_latents,
      "also write the latents here, to decode again or to keep after a stop")
      ->type_name("FILE.safetensors")
      ->group("Run");
  add_switch(*generate, "dry-run", options.dry_run, "print what would be done and stop")
      ->group("Run");
  add_encoding(*generate, options.render.video);
  generate->footer(generate_examples());
}

void add_decode(CLI::App& app, DecodeOptions& options) {
  CLI::App* decode = app.add_subcommand("decode", "make a video from saved latents");
  decode->add_option("LATENTS", options.latents, "file that generate --save-latents wrote")
      ->type_name("LATENTS")
      ->required();
  const auto fps = [&options](const std::string& flag, const std::string& text) {
    read_value(Limits{}, flag, text, options.fps);
  };
  add_render(*decode, options.render);
  add_encoding(*decode, options.render.video);
  add(*decode, "fps", fps, "frames per second (default: the recipe's)")
      ->type_name("N")
      ->group("File");
  decode->footer(decode_examples());
}

void add_convert(CLI::App& app, ConvertCommand& command) {
  CLI::App* convert = app.add_subcommand("convert", "write a model as a diffusers folder");
  add_conversion(*convert, command.options);
  add_model(*convert, command.model);
  add_reporting(*convert, command.progress, command.json);
  convert->footer(convert_examples());
}

void add_others(CLI::App& app, InspectOptions& inspect, DoctorOptions& doctor) {
  CLI::App* show = app.add_subcommand("inspect", "say what a checkpoint, video or latents file is");
  show->add_option("PATH", inspect.path, "checkpoint folder, video or latents")->type_name("PATH");
  add_parts(*show, inspect.parts);
  add_switch(*show, "json", inspect.json, "print JSON");
  show->footer(inspect_examples());
  CLI::App* check = app.add_subcommand("doctor", "say what this machine and this build can do");
  add(*check, "model", doctor.model, "checkpoint folder to look for")->type_name("DIR");
  add_switch(*check, "json", doctor.json, "print JSON");
  check->footer(doctor_examples());
}

// CLI11's own words, as one line; where they count arguments, ours.
std::string sentence(const CLI::ParseError& error) {
  std::string text = error.what();
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (error.get_name() != "ArgumentMismatch") return text;
  const bool repeated = text.find("At Most") != std::string::npos;
  return text.substr(0, text.find(':')) +
         (repeated ? ": given more than once" : ": its value is missing");
}

void check_text(const std::string& flag, const std::string& text) {
  if (const auto at = find_invalid_utf8(text); at != std::string::npos) {
    throw UsageError(flag + ": byte " + std::to_string(at) + " is not UTF-8", "generate");
  }
}

void check_generate(const CLI::App& generate, const GenerateOptions& options) {
  if (generate.count("--prompt") + generate.count("--prompt-file") == 0) {
    throw UsageError("--prompt is required (or --prompt-file)", "generate");
  }
  check_text("--prompt", options.request.prompt);
  check_text("--negative-prompt", options.request.negative_prompt);
  for (const char* flag : {"--image", "--last-image", "--fit"}) {
    if (generate.count(flag) > 0 && generate.get_option(flag)->as<std::string>().empty()) {
      throw UsageError(std::string(flag) + ": '' is no file name", "generate");
    }
  }
}

struct Parsed {
  GenerateOptions generate;
  std::string prompt_file;
  DecodeOptions decode;
  InspectOptions inspect;
  ConvertCommand convert;
  DoctorOptions doctor;
};

Command selected(const CLI::App& app, Parsed& parsed) {
  const CLI::App* command = app.get_subcommands().front();
  if (command->get_name() == "generate") {
    check_generate(*command, parsed.generate);
    if (command->count("--prompt-file") > 0) {
      parsed.generate.request.prompt = read_prompt_file(parsed.prompt_file);
    }
    return std::move(parsed.generate);
  }
  if (command->get_name() == "decode") return std::move(parsed.decode);
  if (command->get_name() == "inspect") {
    if (parsed.inspect.path.empty() && parsed.inspect.parts.transformer.empty()) {
      throw UsageError("PATH is required (or --transformer and the other parts)", "inspect");
    }
    return std::move(parsed.inspect);
  }
  if (command->get_name() == "convert") {
    if (parsed.convert.options.output.empty()) {
      throw UsageError("--output is required", "convert");
    }
    return std::move(parsed.convert);
  }
  return std::move(parsed.doctor);
}

// Without CLI11's doubled empty lines, and with an end to the last line.
std::string help_text(const CLI::App& app) {
  std::string text = app.help();
  for (auto at = text.find("\n\n\n"); at != std::string::npos; at = text.find("\n\n\n")) {
    text.erase(at, 1);
  }
  return text.back() == '\n' ? text : text + "\n";
}

}  // namespace

Command parse_command_line(std::vector<std::string> arguments) {
  Parsed parsed;
  CLI::App app("Zoetrope makes videos from text, offline, on this machine.", "zoetrope");
  app.formatter(std::make_shared<HelpFormatter>());
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", std::string("zoetrope ") + kVersion);
  app.footer(examples());
  add_generate(app, parsed.generate, parsed.prompt_file);
  add_decode(app, parsed.decode);
  add_convert(app, parsed.convert);
  add_others(app, parsed.inspect, parsed.doctor);
  if (arguments.empty()) return ShowText{help_text(app), 2};

  give_empty_values(app, arguments);
  const auto command = [&]() -> const CLI::App& {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? app : *chosen.front();
  };
  const auto name = [&] { return &command() == &app ? std::string() : command().get_name(); };
  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(arguments);
    if (app.get_subcommands().empty()) return ShowText{help_text(app), 2};
    return selected(app, parsed);
  } catch (const CLI::CallForHelp&) {
    return ShowText{help_text(app)};
  } catch (const CLI::CallForVersion&) {
    return ShowText{app.version() + "\n"};
  } catch (const CLI::ExtrasError&) {
    throw UsageError(unexpected(command(), app.remaining(/*recurse=*/true)), name());
  } catch (const CLI::ParseError& error) {
    throw UsageError(sentence(error), name());
  } catch (const UsageError& error) {
    throw UsageError(error.what(), name());
  }
}

}  // namespace zoetrope::cli
