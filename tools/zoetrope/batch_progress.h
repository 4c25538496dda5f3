#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "zoetrope/batch.h"
#include "zoetrope/hooks.h"
#include "zoetrope/request.h"

namespace zoetrope::cli {

/// How far a batch is, and how long it will take. Denoising goes by pixels and steps, everything
/// else but loading by pixels; both rates are this worker's own so far.
class BatchProgress {
 public:
  using Clock = std::chrono::steady_clock;

  /// jobs: of this worker's shard.
  explicit BatchProgress(const std::vector<ResolvedJob>& jobs);

  void started(const std::string& id, Clock::time_point now);
  void progress(const Progress& progress, Clock::time_point now);
  void ended(const JobResult& result, Clock::time_point now);

  /// Of the clip that is being made. Nothing while a rate is not known.
  std::optional<double> clip_seconds_left() const;

  /// Of the shard; too long if other workers share it. Nothing while a rate is not known.
  std::optional<double> seconds_left() const;

  /// The clip that is being made, or empty.
  const std::string& running() const { return running_; }

  int total() const { return total_; }
  int done() const { return done_; }
  int found() const { return found_; }
  int failed() const { return failed_; }
  int remaining() const { return total_ - done_ - found_ - failed_; }  ///< the running one too

 private:
  struct Work {
    double denoise = 0;  ///< pixels x steps x passes of the transformer
    double rest = 0;     ///< pixels
  };
  static Work work_of(const GenerationRequest& request);
  std::optional<double> seconds_of(const Work& work) const;

  std::map<std::string, Work> open_;  // jobs that have not ended, the running one too
  Work left_;                         // of all of them, as if none had begun
  int total_ = 0, done_ = 0, found_ = 0, failed_ = 0;
  Work spent_s_, made_;  // of the rates: seconds and work
  Clock::time_point last_;

  // Of the clip that is being made.
  std::string running_;
  double rest_s_ = 0;
  double steps_left_ = 1, frames_left_ = 1;  // shares of its work
  std::int64_t steps_done_ = 0;
};

}  // namespace zoetrope::cli
