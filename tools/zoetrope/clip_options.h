#pragma once

#include <CLI/App.hpp>

#include "options.h"

namespace zoetrope::cli {

/// Declares the flags of a request's members, --size and --duration.
void add_clip(CLI::App& app, GenerationRequest& request, double& duration_s);

/// Declares --codec and its like.
void add_encoding(CLI::App& app, VideoFileOptions& video);

/// Declares --output and --overwrite too.
void add_output(CLI::App& app, VideoFileOptions& video);

/// Declares the model, the device and how a run tells of itself.
void add_render(CLI::App& app, RenderOptions& options);
void add_memory_limit(CLI::App& app, std::int64_t& bytes);
void add_reporting(CLI::App& app, ProgressMode& progress, bool& json);

/// Throws UsageError if a text of the command line is not UTF-8.
void check_text(const std::string& flag, const std::string& text);

}  // namespace zoetrope::cli
