#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace zoetrope {

/// The stages of a run, in the order in which they begin; kConvert is all of a conversion.
enum class Stage { kLoad, kText, kStill, kDenoise, kDecode, kEncode, kConvert };

/// `done` of `total` units of a stage: bytes of weights (kLoad, kConvert), prompts (kText), frames
/// of what the clip starts from (kStill), steps (kDenoise), frames (kDecode, kEncode).
struct Progress {
  Stage stage;
  std::int64_t done;
  std::int64_t total;
};

/// How a run talks to its caller. Every member may be empty. The hooks are called on the thread
/// that called the library, except kEncode progress, which comes from the encoder's own thread.
struct RunHooks {
  std::function<void(const Progress&)> on_progress;
  std::function<void(const std::string&)> on_warning;  ///< e.g. a prompt that had to be cut
  std::function<bool()> stop_requested;                ///< asked between steps and between frames

  void progress(Stage stage, std::int64_t done, std::int64_t total) const {
    if (on_progress) on_progress({stage, done, total});
  }
  void warn(const std::string& message) const {
    if (on_warning) on_warning(message);
  }
  bool stopping() const { return stop_requested && stop_requested(); }
};

}  // namespace zoetrope
