#include "batch_progress.h"

#include <utility>

namespace zoetrope::cli {

BatchProgress::BatchProgress(const std::vector<ResolvedJob>& jobs)
    : total_(static_cast<int>(jobs.size())) {
  for (const ResolvedJob& job : jobs) {
    const Work work = work_of(job.request);
    open_.emplace(job.job->id, work);
    left_ = {left_.denoise + work.denoise, left_.rest + work.rest};
  }
}

BatchProgress::Work BatchProgress::work_of(const GenerationRequest& request) {
  const double pixels = 1.0 * request.width * request.height * request.num_frames;
  return {pixels * request.steps * (request.guidance_scale > 1 ? 2 : 1), pixels};
}

void BatchProgress::started(const std::string& id, Clock::time_point now) {
  running_ = id;
  last_ = now;
  rest_s_ = 0;
  steps_left_ = frames_left_ = 1;
  steps_done_ = -1;
}

// The time since the last event is the stage's of which this one tells.
void BatchProgress::progress(const Progress& progress, Clock::time_point now) {
  const double passed = std::chrono::duration<double>(now - std::exchange(last_, now)).count();
  const auto job = open_.find(running_);
  if (job == open_.end() || progress.total <= 0) return;
  const double total = static_cast<double>(progress.total);
  const double left = static_cast<double>(progress.total - progress.done) / total;
  if (progress.stage == Stage::kDenoise) {
    // The first event says only where a clip goes on.
    if (steps_done_ >= 0) {
      spent_s_.denoise += passed;
      made_.denoise +=
          job->second.denoise * static_cast<double>(progress.done - steps_done_) / total;
    }
    steps_done_ = progress.done;
    steps_left_ = left;
  } else if (progress.stage != Stage::kLoad) {
    rest_s_ += passed;
    if (progress.stage == Stage::kDecode) {
      steps_left_ = 0;  // there is no denoising event where that was done before
      frames_left_ = left;
    }
  }
}

void BatchProgress::ended(const JobResult& result, Clock::time_point now) {
  const auto job = open_.find(result.job->id);
  if (job == open_.end()) return;
  if (result.outcome == JobOutcome::kDone && running_ == result.job->id) {
    spent_s_.rest += rest_s_ + std::chrono::duration<double>(now - last_).count();
    made_.rest += job->second.rest;
  }
  if (running_ == result.job->id) running_.clear();
  switch (result.outcome) {
    case JobOutcome::kDone:
      ++done_;
      break;
    case JobOutcome::kFound:
      ++found_;
      break;
    case JobOutcome::kFailed:
      ++failed_;
      break;
    case JobOutcome::kStopped:
      return;  // it is still to be made
  }
  left_ = {left_.denoise - job->second.denoise, left_.rest - job->second.rest};
  open_.erase(job);
}

std::optional<double> BatchProgress::seconds_of(const Work& work) const {
  if (made_.denoise <= 0 || made_.rest <= 0) return std::nullopt;
  return spent_s_.denoise / made_.denoise * work.denoise + spent_s_.rest / made_.rest * work.rest;
}

std::optional<double> BatchProgress::clip_seconds_left() const {
  const auto job = open_.find(running_);
  if (job == open_.end()) return std::nullopt;
  return seconds_of({job->second.denoise * steps_left_, job->second.rest * frames_left_});
}

std::optional<double> BatchProgress::seconds_left() const {
  Work work = left_;
  if (const auto job = open_.find(running_); job != open_.end()) {
    work.denoise -= job->second.denoise * (1 - steps_left_);
    work.rest -= job->second.rest * (1 - frames_left_);
  }
  return open_.empty() ? 0 : seconds_of(work);
}

}  // namespace zoetrope::cli
