#include "batch_reporter.h"

#include <utility>

#include "numbers.h"
#include "signals.h"
#include "terminal.h"

namespace zoetrope::cli {
namespace {

const char* word(JobOutcome outcome) {
  switch (outcome) {
    case JobOutcome::kDone:
      return "done";
    case JobOutcome::kFound:
      return "found";
    case JobOutcome::kFailed:
      return "failed";
    case JobOutcome::kStopped:
      return "stopped";
  }
  return "";
}

std::vector<std::string> table_of(const BatchProgress& batch) {
  const auto left = batch.seconds_left();
  return lines_of_table(
      {{"done", "found", "failed", "remaining", "time left"},
       {std::to_string(batch.done()), std::to_string(batch.found()), std::to_string(batch.failed()),
        std::to_string(batch.remaining()), left ? human_duration(*left) : "known after a clip"}});
}

}  // namespace

BatchReporter::BatchReporter(Reporter& reporter, const std::vector<ResolvedJob>& jobs, bool json)
    : reporter_(reporter), json_(json), batch_(jobs) {}

BatchEvents BatchReporter::events() {
  BatchEvents events;
  events.on_started = [this](const BatchJob& job, int attempt) { started(job, attempt); };
  events.on_progress = [this](const BatchJob&, const Progress& of_job) { progress(of_job); };
  events.on_ended = [this](const JobResult& result) { ended(result); };
  events.on_warning = [this](const std::string& message) { reporter_.warn(message); };
  events.stop_requested = [] { return received_signal() != 0; };
  return events;
}

void BatchReporter::add_totals(Json& event) const {
  event.set("done", batch_.done());
  event.set("found", batch_.found());
  event.set("failed", batch_.failed());
  event.set("remaining", batch_.remaining());
  if (const auto left = batch_.seconds_left()) event.set("eta_s", *left);
}

void BatchReporter::started(const BatchJob& job, int attempt) {
  const std::lock_guard lock(mutex_);
  batch_.started(job.id, BatchProgress::Clock::now());
  Json event;
  event.set("id", job.id);
  event.set("line", job.line);
  event.set("attempt", attempt);
  std::string sentence;  // the table says which clip is running
  if (attempt > 1) {
    sentence = job.id + ": attempt " + std::to_string(attempt);
  } else if (!reporter_.is_live()) {
    sentence = job.id + ": begun";
  }
  reporter_.job("job_started", std::move(event), sentence);
}

void BatchReporter::progress(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  batch_.progress(progress, BatchProgress::Clock::now());
  reporter_.progress(progress, {table_of(batch_), batch_.running(), batch_.clip_seconds_left()});
}

void BatchReporter::ended(const JobResult& result) {
  const std::lock_guard lock(mutex_);
  batch_.ended(result, BatchProgress::Clock::now());
  const std::string path = result.job->video.path.string();
  Json event;
  event.set("id", result.job->id);
  event.set("outcome", word(result.outcome));
  event.set("output", path);
  event.set("attempts", result.attempts);
  event.set("seconds", result.seconds);
  std::string sentence = result.job->id + ": " + word(result.outcome);
  if (result.outcome == JobOutcome::kDone) sentence += " in " + human_duration(result.seconds);
  if (!result.message.empty()) {
    event.set("code", static_cast<int>(result.code));
    event.set("message", escaped(result.message));
    sentence += ": " + result.message;
  }
  Json totals;
  add_totals(totals);
  event.set("batch", std::move(totals));
  sentence += " (" + std::to_string(batch_.remaining()) + " remaining";
  const auto left = batch_.seconds_left();
  if (left && *left > 0) sentence += ", " + human_duration(*left) + " left";
  reporter_.job("job_ended", std::move(event), sentence + ")");
  if (result.outcome == JobOutcome::kDone && !json_) print_result(path + "\n");
}

void BatchReporter::finished(const BatchSummary& summary) {
  Json members;
  for (const auto& [key, count] :
       {std::pair("done", summary.done), std::pair("found", summary.found),
        std::pair("failed", summary.failed), std::pair("remaining", summary.remaining)}) {
    members.set(key, count);
  }
  members.set("seconds", summary.seconds);
  if (!summary.fault.empty()) members.set("fault", escaped(summary.fault));
  if (json_) print_result(members.dump() + "\n");
  reporter_.finished(std::move(members), std::to_string(summary.done) + " done, " +
                                             std::to_string(summary.found) + " found, " +
                                             std::to_string(summary.failed) + " failed, " +
                                             std::to_string(summary.remaining) + " remaining, in " +
                                             human_duration(summary.seconds));
  if (!summary.fault.empty()) reporter_.error(summary.exit_code(), summary.fault, {});
}

}  // namespace zoetrope::cli
