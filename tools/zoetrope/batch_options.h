#pragma once

#include <string>

#include <CLI/App.hpp>

#include "options.h"
#include "settings.h"

namespace zoetrope::cli {

struct BatchFlags {
  BatchCommand command;
  SettingsFlags settings;
};

/// Declares the command.
CLI::App* add_batch(CLI::App& app, BatchFlags& flags);

/// What is wrong with flags together; the shard of a cluster's job array where none is given.
/// Throws UsageError.
BatchCommand finished(const CLI::App& batch, BatchFlags& flags);

}  // namespace zoetrope::cli
