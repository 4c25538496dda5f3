#include "zoetrope/batch.h"

#include <algorithm>

#include "batch/report.h"
#include "batch/runner.h"

namespace zoetrope {
namespace batch {
namespace {

constexpr int kMostFaultsShown = 100;

// Bytes of all of a model's weights, as they are computed with.
std::int64_t weight_bytes(const CheckpointInfo& info, const std::string& dtype) {
  std::int64_t bytes = 0;
  for (const ComponentInfo& part : info.components) bytes += part.parameters;
  return bytes * (dtype == "fp32" ? 4 : 2);
}

// Whether all parts fit into memory at once, beside the work of the largest clip.
bool parts_fit(const Generator& generator, const Task& largest, std::int64_t memory_bytes) {
  if (memory_bytes == 0) return true;
  const Plan plan = generator.plan(largest.request);
  return plan.peak_bytes - plan.weight_bytes + weight_bytes(generator.info(), plan.dtype) <=
         memory_bytes;
}

std::int64_t size_of(const Task& task) {
  const GenerationRequest& r = task.request;
  return std::int64_t{r.width} * r.height * r.num_frames;
}

}  // namespace

std::vector<Task> tasks_of(const Generator& generator, const std::vector<BatchJob>& jobs,
                           const BatchOptions& options) {
  std::vector<Task> tasks;
  std::string faults;
  int count = 0;
  const auto fault = [&](const BatchJob& job, const std::string& what) {
    if (++count > kMostFaultsShown) return;
    faults += (faults.empty() ? "" : "; ") + ("line " + std::to_string(job.line)) + ": " + what;
  };
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const BatchJob& job = jobs[i];
    if (static_cast<int>(i % static_cast<std::size_t>(options.shards)) != options.shard) continue;
    if (job.request.seed < 0) fault(job, "no seed");
    try {
      tasks.push_back({&job, generator.resolve(job.request)});
    } catch (const Error& error) {
      fault(job, error.what());
    }
  }
  if (count > kMostFaultsShown) {
    faults += "; and " + std::to_string(count - kMostFaultsShown) + " more";
  }
  if (count > 0) throw Error(ErrorCode::kUsage, "check the batch: " + faults);
  // The largest first: what does not fit says so early, and small ones fill the end.
  std::stable_sort(tasks.begin(), tasks.end(),
                   [](const Task& a, const Task& b) { return size_of(a) > size_of(b); });
  return tasks;
}

}  // namespace batch

int BatchSummary::exit_code() const {
  if (!fault.empty()) return static_cast<int>(ErrorCode::kResource);
  if (stopped) return static_cast<int>(ErrorCode::kStopped);
  return failed > 0 ? static_cast<int>(ErrorCode::kBatchFailed) : 0;
}

BatchSummary run_batch(Generator& generator, const std::vector<BatchJob>& jobs,
                       const BatchOptions& options, const BatchEvents& events) {
  if (options.shards < 1 || options.shard < 0 || options.shard >= options.shards) {
    throw Error(ErrorCode::kUsage, "run shard " + std::to_string(options.shard) + " of " +
                                       std::to_string(options.shards) +
                                       ": out of range (expected 0 to shards - 1)");
  }
  const std::vector<batch::Task> tasks = batch::tasks_of(generator, jobs, options);
  if (!tasks.empty()) {
    generator.keep_parts(batch::parts_fit(generator, tasks.front(), options.memory_bytes));
  }
  BatchSummary summary = batch::Runner(generator, options, events).run(tasks);
  if (options.report && summary.fault.empty()) batch::write_report(jobs, options);
  return summary;
}

}  // namespace zoetrope
