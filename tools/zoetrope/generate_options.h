#pragma once

#include <string>

#include <CLI/App.hpp>

#include "options.h"
#include "settings.h"

namespace zoetrope::cli {

/// What `generate` is told, before its files are read.
struct GenerateFlags {
  GenerateOptions options;
  std::string prompt_file;
  SettingsFlags settings;
};

/// Declares the commands.
CLI::App* add_generate(CLI::App& app, GenerateFlags& flags);
CLI::App* add_decode(CLI::App& app, DecodeOptions& options);

/// What is wrong with flags together, and the prompt file's text. Throws UsageError, and
/// Error(kCorrupt) for a prompt file at fault.
GenerateOptions finished(const CLI::App& generate, GenerateFlags& flags);

}  // namespace zoetrope::cli
