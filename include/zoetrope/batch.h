#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "zoetrope/error.h"
#include "zoetrope/generator.h"
#include "zoetrope/hooks.h"
#include "zoetrope/request.h"
#include "zoetrope/video_file.h"

namespace zoetrope {

/// One clip of a batch, as its prompt file asks for it.
struct BatchJob {
  std::string id;  ///< unique in the batch; a file name: letters, digits, '-', '_', '.'
  GenerationRequest request;
  VideoFileOptions video;  ///< the path is the clip's, in the output folder
  int line = 0;            ///< of the prompt file, from 1
};

/// A job with all that its checkpoint adds; see resolve_jobs.
struct ResolvedJob {
  const BatchJob* job = nullptr;
  GenerationRequest request;
};

/// How a batch is run. Several workers, on one machine or on many, share a batch by naming the same
/// output folder on a common file system.
struct BatchOptions {
  std::filesystem::path output_dir;  ///< there already; claims and journals go into .zoetrope in it
  int shard = 0;                     ///< this worker takes jobs i with i % shards == shard
  int shards = 1;
  int retries = 0;         ///< further attempts at a job that failed
  bool fail_fast = false;  ///< the first failed job ends the batch
  ResumeOptions::Every checkpoint;
  double stale_minutes = 3;  ///< a claim of another machine is dead after so long without a sign
  std::int64_t memory_bytes =
      0;                       ///< to be used at most; parts stay loaded if they fit; 0: no limit
  bool report = true;          ///< write report.html at the end
  bool contact_sheet = false;  ///< write CLIP.contact.png beside each clip
};

/// What became of a job.
enum class JobOutcome {
  kDone,    ///< made by this worker
  kFound,   ///< was there already, or another worker made it
  kFailed,  ///< by this worker, or by another one since this one began
  kStopped  ///< begun, and kept to go on later
};

struct JobResult {
  const BatchJob* job = nullptr;
  JobOutcome outcome = JobOutcome::kDone;
  int attempts = 0;       ///< by this worker
  double seconds = 0;     ///< of the last attempt
  std::int64_t seed = 0;  ///< what the clip was made with
  ErrorCode code{};       ///< of a failure
  std::string message;    ///< of a failure
};

/// How a batch talks to its caller, on the thread that called run_batch; the encoder's progress
/// comes from the encoder's own thread. Every member may be empty.
struct BatchEvents {
  std::function<void(const BatchJob&, int attempt)> on_started;  ///< attempt: from 1
  std::function<void(const BatchJob&, const Progress&)> on_progress;
  std::function<void(const JobResult&)> on_ended;  ///< once a job
  std::function<void(const std::string&)> on_warning;
  std::function<bool()> stop_requested;  ///< asked between jobs, steps and frames
};

struct BatchSummary {
  std::vector<JobResult> jobs;  ///< those of this worker's shard that ended, in that order
  int done = 0, found = 0, failed = 0;
  int remaining = 0;     ///< of the shard, never ended: after a stop, fail_fast or a fault
  bool stopped = false;  ///< on request
  std::string fault;     ///< of the output folder, which ended the batch; or empty
  double seconds = 0;

  /// The process's exit code: 0, 4 (fault), 5 (failed jobs) or 75 (stopped).
  int exit_code() const;
};

/// The jobs of this worker: every `shards`-th, from `shard` on.
/// Throws Error(kUsage) if there is no such shard.
std::vector<ResolvedJob> shard_of(const std::vector<ResolvedJob>& jobs,
                                  const BatchOptions& options);

/// Makes the clips of a batch, largest first, with one model that stays loaded.
///
/// A job is claimed by a file in the output folder, so that it is made once however many workers
/// there are; jobs that are finished (their sidecar says so) are left alone; a job whose worker
/// died is taken over and goes on at its last kept step. Ends when no job of the shard is left,
/// waiting for those that others have. What happened is in the journals, one a worker.
///
/// jobs: of all shards. Throws as shard_of, and Error(kResource) if the output folder can't be
/// written to at the start.
BatchSummary run_batch(Generator& generator, const std::vector<ResolvedJob>& jobs,
                       const BatchOptions& options, const BatchEvents& events);

}  // namespace zoetrope
