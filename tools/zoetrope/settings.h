#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

namespace zoetrope::cli {

struct SettingsFlags {
  std::string file;    ///< --config; empty: none
  bool print = false;  ///< --print-config
};

/// Declares --config and --print-config.
void add_settings(CLI::App& app, SettingsFlags& flags);

/// Gives a command that has been parsed what its flags left open: ZOETROPE_MODEL, _DEVICE, _DTYPE,
/// _THREADS and _MEMORY_LIMIT of the environment. Throws UsageError.
void take_environment(CLI::App& command);

/// And then what a TOML file says: keys as the command's flags, in its table ([generate]) or above
/// all tables. `commands` are all that may have keys in the file.
/// Throws UsageError "FILE:LINE: …", Error(kCorrupt) if the file can't be read.
void take_file(CLI::App& command, const std::vector<CLI::App*>& commands, const std::string& file);

/// All options that have been given, from wherever, as a file that says the same.
/// Throws UsageError for one that is not UTF-8.
std::string settings_text(const CLI::App& command);

}  // namespace zoetrope::cli
