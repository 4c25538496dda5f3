#pragma once

#include <CLI/App.hpp>

#include "zoetrope/convert.h"
#include "zoetrope/generator.h"
#include "zoetrope/model_files.h"

namespace zoetrope::cli {

/// Declares --model and a flag for each part that may lie elsewhere.
void add_model(CLI::App& app, ModelFiles& model);

/// Declares the parts' flags alone, for a command whose folder is a positional argument.
void add_parts(CLI::App& app, ModelFiles& model);

/// Declares how often a clip in the making is kept, for `generate` and `batch`.
void add_checkpoints(CLI::App& app, ResumeOptions::Every& every);

/// Declares what `convert` takes beside the model.
void add_conversion(CLI::App& app, ConvertOptions& options);

}  // namespace zoetrope::cli
