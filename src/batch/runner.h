#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "batch/claim.h"
#include "batch/frame_sampler.h"
#include "batch/job_record.h"
#include "batch/journal.h"
#include "zoetrope/batch.h"

namespace zoetrope::batch {

/// One worker on its way through a batch.
class Runner {
 public:
  Runner(Generator& generator, const BatchOptions& options, const BatchEvents& events);

  BatchSummary run(const std::vector<ResolvedJob>& tasks);

 private:
  /// Nothing: another worker has it, look again later.
  std::optional<JobResult> consider(const ResolvedJob& task);
  std::optional<JobResult> look(const ResolvedJob& task);
  std::optional<JobResult> attempt(const ResolvedJob& task, const Claim& claim);
  bool make(const ResolvedJob& task, const Claim& claim);
  bool is_half_published(const ResolvedJob& task);
  static JobResult failed(const ResolvedJob& task, int attempts, const Failure& failure);
  void save_pictures(const BatchJob& job, const FrameSampler& frames) const;
  void end(const JobResult& result);
  bool stopping() const { return events_.stop_requested && events_.stop_requested(); }
  bool over() const { return summary_.stopped || !summary_.fault.empty() || gave_up_; }
  void wait() const;
  void tidy();
  void note(const std::string& event, const ResolvedJob& task, Json::Object more = {});
  Recipe recipe(const ResolvedJob& task) { return generator_.recipe(task.request); }

  Generator& generator_;
  const BatchOptions& options_;
  const BatchEvents& events_;
  std::filesystem::path records_;
  Claims claims_;
  Journal journal_;
  FailureMarks earlier_failures_;  ///< to be tried again: of runs before this one
  BatchSummary summary_;
  bool gave_up_ = false;  ///< after a failure, as fail_fast asks
};

}  // namespace zoetrope::batch
