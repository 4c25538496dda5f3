#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "options.h"
#include "progress.h"
#include "zoetrope/video_file.h"

namespace zoetrope::cli {

/// How a run of the library talks through the reporter and hears of signals.
RunHooks hooks_for(Reporter& reporter);

/// "zoetrope-20261125-093000-42.mp4": from the clock and the seed (left out if negative), never
/// from the prompt.
std::filesystem::path default_output(std::int64_t seed);

/// A clip on its way into a file: what `generate` and `decode` do after the model is known.
struct Clip {
  VideoFileOptions video;  ///< with a path
  VideoFormat format;
  std::int64_t seed = -1;  ///< for the report; negative: unknown
  bool json = false;       ///< the result on stdout as JSON instead of the path
};

/// Opens the clip's file, calls `make` to fill it and, if the file is to have it, `recipe` when
/// that is done, finishes it and reports. The file is checked and opened before `make` begins.
void render(const Clip& clip, Reporter& reporter,
            const std::function<void(FrameSink&, const RunHooks&)>& make,
            const std::function<Recipe()>& recipe);

}  // namespace zoetrope::cli
