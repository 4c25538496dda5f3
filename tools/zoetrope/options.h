#pragma once

#include <string>
#include <variant>
#include <vector>

#include "zoetrope/convert.h"
#include "zoetrope/generator.h"
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
  double duration_s = 0;     ///< > 0: decides the number of frames once the rate is known
  std::string save_latents;  ///< empty: not saved
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

/// Help and version texts. `exit_code` is 2 when the text was not asked for.
struct ShowText {
  std::string text;
  int exit_code = 0;
};

using Command = std::variant<GenerateOptions, DecodeOptions, InspectOptions, ConvertCommand,
                             DoctorOptions, ShowText>;

/// Reads a command line without the program's name. Opens no file but that of --prompt-file.
/// Throws UsageError, in one line, for everything that is wrong with it, and Error(kCorrupt) for a
/// prompt file at fault.
Command parse_command_line(std::vector<std::string> arguments);

}  // namespace zoetrope::cli
