#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "zoetrope/batch.h"
#include "zoetrope/bench.h"
#include "zoetrope/convert.h"
#include "zoetrope/generator.h"
#include "zoetrope/prompt_file.h"
#include "zoetrope/request.h"
#include "zoetrope/video_file.h"

namespace zoetrope::cli {

enum class ProgressMode { kAuto, kPlain, kJson, kNone };

/// What `generate` and `decode` share.
struct RenderOptions {
  ModelFiles model;  ///< empty: choose_model decides
  RunOptions run;
  VideoFileOptions video;  ///< an empty path: a name is made from the time and the seed
  ProgressMode progress = ProgressMode::kAuto;
  bool json = false;  ///< the result on stdout as one JSON object
};

struct GenerateOptions {
  RenderOptions render;
  GenerationRequest request;
  double duration_s = 0;          ///< > 0: decides the number of frames once the rate is known
  std::int64_t memory_limit = 0;  ///< bytes; 0: what the machine has free
  std::string save_latents;       ///< empty: kept beside the output until that is finished
  bool resume = false;
  ResumeOptions::Every checkpoint;
  bool dry_run = false;
};

struct BatchCommand {
  RenderOptions render;
  GenerationRequest request;  ///< what the jobs have that don't say otherwise
  double duration_s = 0;      ///< the same
  std::string prompt_file;    ///< "-": standard input
  PromptFormat format = PromptFormat::kByName;
  std::filesystem::path confine;  ///< empty: stills may lie anywhere
  BatchOptions options;
  bool dry_run = false;
};

struct DecodeOptions {
  RenderOptions render;
  std::string latents;
  Rational fps;  ///< not given: the recipe's, else the checkpoint's
};

struct InspectOptions {
  std::string path;  ///< empty: the model is made of `parts` alone
  ModelFiles parts;
  bool json = false;
};

struct DoctorOptions {
  std::string model;
  bool json = false;
};

struct ConvertCommand {
  ModelFiles model;
  ConvertOptions options;
  ProgressMode progress = ProgressMode::kAuto;
  bool json = false;
};

struct BenchCommand {
  BenchOptions options;
  std::string model;
  bool json = false;
};

/// Help and version texts. `exit_code` is 2 when the text was not asked for.
struct ShowText {
  std::string text;
  int exit_code = 0;
};

using Command = std::variant<GenerateOptions, BatchCommand, DecodeOptions, InspectOptions,
                             ConvertCommand, DoctorOptions, BenchCommand, ShowText>;

/// Reads a command line without the program's name. Opens no files but those of
/// --prompt-file and --config.
/// Throws UsageError, in one line, for everything that is wrong with it, and Error(kCorrupt) for a
/// prompt file at fault.
Command parse_command_line(std::vector<std::string> arguments);

}  // namespace zoetrope::cli
