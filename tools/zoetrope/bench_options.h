#pragma once

#include <CLI/App.hpp>

#include "options.h"

namespace zoetrope::cli {

/// Declares the command `bench`.
void add_bench(CLI::App& app, BenchCommand& command);

}  // namespace zoetrope::cli
