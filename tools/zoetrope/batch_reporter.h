#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "batch_progress.h"
#include "progress.h"
#include "zoetrope/batch.h"

namespace zoetrope::cli {

/// Tells how a batch goes: a live table on a terminal, lines or JSON events elsewhere; the clips'
/// paths on stdout.
class BatchReporter {
 public:
  /// jobs: of this worker's shard. json: stdout is for the summary alone.
  BatchReporter(Reporter& reporter, const std::vector<ResolvedJob>& jobs, bool json);

  /// For run_batch; they refer to this object.
  BatchEvents events();

  void finished(const BatchSummary& summary);

 private:
  void started(const BatchJob& job, int attempt);
  void progress(const Progress& progress);
  void ended(const JobResult& result);
  void add_totals(Json& event) const;

  Reporter& reporter_;
  bool json_;
  std::mutex mutex_;  // the encoder tells from its own thread
  BatchProgress batch_;
};

}  // namespace zoetrope::cli
