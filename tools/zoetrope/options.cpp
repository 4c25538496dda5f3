#include "options.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "batch_options.h"
#include "bench_options.h"
#include "clip_options.h"
#include "flags.h"
#include "generate_options.h"
#include "help.h"
#include "model_options.h"
#include "numbers.h"
#include "zoetrope/version.h"

namespace zoetrope::cli {
namespace {

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

struct Parsed {
  GenerateFlags generate;
  BatchFlags batch;
  DecodeOptions decode;
  InspectOptions inspect;
  ConvertCommand convert;
  DoctorOptions doctor;
  BenchCommand bench;
};

// What the flags of a command left open; true if its settings are to be printed.
bool complete(CLI::App& command, const SettingsFlags& settings,
              const std::vector<CLI::App*>& commands) {
  take_environment(command);
  if (!settings.file.empty()) take_file(command, commands, settings.file);
  return settings.print;
}

Command selected(const CLI::App& app, Parsed& parsed, const std::vector<CLI::App*>& configurable) {
  CLI::App* command = app.get_subcommands().front();
  if (command->get_name() == "generate") {
    const bool print = complete(*command, parsed.generate.settings, configurable);
    if (print) return ShowText{settings_text(*command)};
    return finished(*command, parsed.generate);
  }
  if (command->get_name() == "batch") {
    const bool print = complete(*command, parsed.batch.settings, configurable);
    if (print) return ShowText{settings_text(*command)};
    return finished(*command, parsed.batch);
  }
  if (command->get_name() == "decode") {
    take_environment(*command);
    return std::move(parsed.decode);
  }
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
  if (command->get_name() == "bench") return std::move(parsed.bench);
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
  const std::vector<CLI::App*> configurable = {add_generate(app, parsed.generate),
                                               add_batch(app, parsed.batch)};
  add_decode(app, parsed.decode);
  add_convert(app, parsed.convert);
  add_others(app, parsed.inspect, parsed.doctor);
  add_bench(app, parsed.bench);
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
    return selected(app, parsed, configurable);
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
