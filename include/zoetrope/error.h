#pragma once

#include <stdexcept>
#include <string>

namespace zoetrope {

/// What kind of failure an Error is. The value is the process's exit code (docs/cli.md).
enum class ErrorCode {
  kUsage = 2,         ///< a flag, a key or a value the caller chose is wrong
  kCorrupt = 3,       ///< an input file (checkpoint, still, prompt file, latents) is wrong
  kResource = 4,      ///< memory, disk, device, encoder: retry elsewhere
  kBatchFailed = 5,   ///< a batch ended and some of its jobs failed
  kNumerical = 6,     ///< NaN or infinity appeared while computing
  kInternal = 70,     ///< a bug in Zoetrope
  kStopped = 75,      ///< stopped on request; what was computed is saved and can be resumed
  kInterrupted = 130  ///< stopped on request before anything could be saved
};

/// The one exception of the library. `what()` reads
/// "what was attempted: what was found (what was expected)".
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace zoetrope
