#include "zoetrope/batch.h"

#include <algorithm>
#include <functional>

#include "batch/prompt_faults.h"
#include "batch/report.h"
#include "batch/runner.h"
#include "zoetrope/prompt_file.h"

namespace zoetrope {
namespace batch {
namespace {

// Bytes of all of a model's weights, as they are computed with.
std::int64_t weight_bytes(const CheckpointInfo& info, const std::string& dtype) {
  std::int64_t bytes = 0;
  for (const ComponentInfo& part : info.components) bytes += part.parameters;
  return bytes * (dtype == "fp32" ? 4 : 2);
}

// Whether all parts fit into memory at once, beside the work of the largest clip.
bool parts_fit(const Generator& generator, const ResolvedJob& largest, std::int64_t memory_bytes) {
  if (memory_bytes == 0) return true;
  const Plan plan = generator.plan(largest.request);
  return plan.peak_bytes - plan.weight_bytes + weight_bytes(generator.info(), plan.dtype) <=
         memory_bytes;
}

std::int64_t size_of(const ResolvedJob& job) {
  const GenerationRequest& r = job.request;
  return std::int64_t{r.width} * r.height * r.num_frames;
}

}  // namespace
}  // namespace batch

std::vector<ResolvedJob> resolve_jobs(const Generator& generator, const std::vector<BatchJob>& jobs,
                                      const std::string& name) {
  std::vector<ResolvedJob> resolved;
  batch::PromptFaults faults(name);
  for (const BatchJob& job : jobs) {
    if (job.request.seed < 0) faults.add(job.line, "no seed");
    try {
      resolved.push_back({&job, generator.resolve(job.request)});
    } catch (const Error& error) {
      faults.add(job.line, error.what());
    }
  }
  faults.throw_if_any("job that this model can't do", "jobs that this model can't do");
  return resolved;
}

int BatchSummary::exit_code() const {
  if (!fault.empty()) return static_cast<int>(ErrorCode::kResource);
  if (stopped) return static_cast<int>(ErrorCode::kStopped);
  return failed > 0 ? static_cast<int>(ErrorCode::kBatchFailed) : 0;
}

std::vector<ResolvedJob> shard_of(const std::vector<ResolvedJob>& jobs,
                                  const BatchOptions& options) {
  if (options.shards < 1 || options.shard < 0 || options.shard >= options.shards) {
    throw Error(ErrorCode::kUsage, "run shard " + std::to_string(options.shard) + " of " +
                                       std::to_string(options.shards) +
                                       ": out of range (expected 0 to shards - 1)");
  }
  std::vector<ResolvedJob> shard;
  for (auto i = static_cast<std::size_t>(options.shard); i < jobs.size();
       i += static_cast<std::size_t>(options.shards)) {
    shard.push_back(jobs[i]);
  }
  return shard;
}

BatchSummary run_batch(Generator& generator, const std::vector<ResolvedJob>& jobs,
                       const BatchOptions& options, const BatchEvents& events) {
  std::vector<ResolvedJob> shard = shard_of(jobs, options);
  // What does not fit says so early, and small ones fill the end.
  std::ranges::stable_sort(shard, std::greater(), batch::size_of);
  if (!shard.empty()) {
    generator.keep_parts(batch::parts_fit(generator, shard.front(), options.memory_bytes));
  }
  BatchSummary summary = batch::Runner(generator, options, events).run(shard);
  if (options.report && summary.fault.empty()) batch::write_report(jobs, options);
  return summary;
}

}  // namespace zoetrope
