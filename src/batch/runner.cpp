#include "batch/runner.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>
#include <system_error>
#include <thread>

#include "batch/frame_sampler.h"
#include "core/files.h"

namespace zoetrope::batch {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

fs::path made_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directory(folder, error);
  if (error) {
    throw Error(ErrorCode::kResource,
                "write into " + folder.parent_path().string() + ": " + error.message());
  }
  return folder;
}

// What an output folder that can't be written to says of itself; empty if it can be.
std::string fault_of(const fs::path& records, const Error& error) {
  if (error.code() != ErrorCode::kResource) return "";
  const std::string what = error.what();
  for (const int full : {ENOSPC, EDQUOT, EROFS}) {
    if (what.find(std::strerror(full)) != std::string::npos) return what;
  }
  if (what.find(" are free in ") != std::string::npos) return what;
  try {
    AtomicFile probe(records / ("probe-" + std::to_string(Worker::self().pid)));
    probe.write(std::string(1 << 16, ' '));
    return "";  // it goes without having been put in place
  } catch (const std::exception& found) {
    return std::string(error.what()) + "; " + found.what();
  }
}

FrameSampler::Layout layout_of(const BatchOptions& options) {
  if (options.contact_sheet) return {.columns = 4, .rows = 4, .cell_width = 320};
  return {};
}

}  // namespace

Runner::Runner(Generator& generator, const BatchOptions& options, const BatchEvents& events)
    : generator_(generator),
      options_(options),
      events_(events),
      records_(made_folder(records_of(options.output_dir))),
      claims_(records_, std::chrono::duration<double>(options.stale_minutes * 60)),
      journal_(records_),
      earlier_failures_(failure_marks(records_)) {}

BatchSummary Runner::run(const std::vector<ResolvedJob>& tasks) {
  const auto start = Clock::now();
  std::list<const ResolvedJob*> open;
  for (const ResolvedJob& task : tasks) open.push_back(&task);
  while (!open.empty() && !over()) {
    bool idle = true;
    for (auto next = open.begin(); next != open.end() && !over();) {
      if (stopping()) {
        summary_.stopped = true;
        break;
      }
      const auto result = consider(**next);
      if (result) {
        end(*result);
        next = open.erase(next);
        idle = false;
      } else {
        ++next;
      }
    }
    if (idle && !over()) wait();
  }
  if (summary_.fault.empty()) tidy();
  summary_.remaining = static_cast<int>(open.size());
  summary_.seconds = seconds_since(start);
  return std::move(summary_);
}

// Removes what workers left that died between finishing a clip and giving its claim back.
void Runner::tidy() {
  for (const JobResult& result : summary_.jobs) {
    if (result.outcome != JobOutcome::kFound) continue;
    const fs::path state = state_file_of(result.job->video.path);
    const bool left =
        claims_.any(result.job->id) || is_there(state) || is_there(state.string() + ".part");
    if (left && claims_.take(result.job->id)) remove_state(state);
  }
}

// For the others; long enough to be cheap, short enough not to be noticed after a clip.
void Runner::wait() const {
  for (int i = 0; i < 10 && !stopping(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void Runner::end(const JobResult& result) {
  switch (result.outcome) {
    case JobOutcome::kDone:
      ++summary_.done;
      break;
    case JobOutcome::kFound:
      ++summary_.found;
      break;
    case JobOutcome::kFailed:
      ++summary_.failed;
      break;
    case JobOutcome::kStopped:
      summary_.stopped = true;
      break;
  }
  gave_up_ = gave_up_ || (result.outcome == JobOutcome::kFailed && options_.fail_fast);
  if (events_.on_ended) events_.on_ended(result);
  summary_.jobs.push_back(result);
}

// What is known of a job without doing anything.
std::optional<JobResult> Runner::look(const ResolvedJob& task) {
  JobResult result{.job = task.job, .seed = task.request.seed};
  if (is_finished(*task.job, records_, [&] { return recipe(task); })) {
    result.outcome = JobOutcome::kFound;
    return result;
  }
  if (const auto failure = failure_since(earlier_failures_, *task.job, records_)) {
    return failed(task, 0, *failure);
  }
  return std::nullopt;
}

JobResult Runner::failed(const ResolvedJob& task, int attempts, const Failure& failure) {
  return {.job = task.job,
          .outcome = JobOutcome::kFailed,
          .attempts = attempts,
          .seed = task.request.seed,
          .code = failure.code,
          .message = failure.message};
}

std::optional<JobResult> Runner::consider(const ResolvedJob& task) {
  try {
    if (auto known = look(task)) return known;
    const auto claim = claims_.take(task.job->id);
    if (!claim) return std::nullopt;
    // It may have been finished between our look and our claim.
    if (auto known = look(task)) return known;
    return attempt(task, *claim);
  } catch (const Error& error) {
    // What is thrown past an attempt is of the claims, the journal and the marks, or of a still
    // that is gone.
    if (error.code() != ErrorCode::kResource) {
      return failed(task, 0, {error.code(), error.what()});
    }
    if (summary_.fault.empty()) summary_.fault = error.what();
    return std::nullopt;
  }
}

std::optional<JobResult> Runner::attempt(const ResolvedJob& task, const Claim& claim) {
  JobResult result{.job = task.job, .seed = task.request.seed};
  Failure failure;
  while (++result.attempts <= 1 + options_.retries) {
    journal_.mention("started", {{"id", task.job->id}, {"attempt", result.attempts}});
    if (events_.on_started) events_.on_started(*task.job, result.attempts);
    const auto start = Clock::now();
    bool made = false;
    try {
      if (!make(task, claim)) return std::nullopt;
      made = true;
    } catch (const Error& error) {
      failure = {error.code(), error.what()};
      if (error.code() == ErrorCode::kStopped || error.code() == ErrorCode::kInterrupted) {
        note("stopped", task, {{"message", failure.message}});
        result.outcome = JobOutcome::kStopped;
        return result;
      }
      // A damaged state would spoil the next attempt too.
      if (error.code() == ErrorCode::kCorrupt) remove_state(state_file_of(task.job->video.path));
      summary_.fault = fault_of(records_, error);
    } catch (const std::bad_alloc&) {
      failure = {ErrorCode::kResource, "allocate memory: there is not enough"};
    } catch (const std::exception& error) {
      failure = {ErrorCode::kInternal, std::string("internal error: ") + error.what()};
    }
    result.seconds = seconds_since(start);
    if (made) {  // a journal that can't be written is no failure of the clip
      note("done", task, {{"seconds", result.seconds}, {"seed", result.seed}});
      return result;
    }
    note("failed", task,
         {{"seconds", result.seconds},
          {"code", static_cast<int>(failure.code)},
          {"message", failure.message}});
    if (!summary_.fault.empty()) return std::nullopt;
  }
  mark_failed(*task.job, records_, failure);
  JobResult last = failed(task, 1 + options_.retries, failure);
  last.seconds = result.seconds;
  return last;
}

// A run that died between putting its clip in place and saying that it is whole left a finished
// state beside a clip without an end, and that clip is ours to replace. A state of another recipe
// is of no use to anyone.
bool Runner::is_half_published(const ResolvedJob& task) {
  const fs::path state = state_file_of(task.job->video.path);
  if (!is_there(state)) return false;
  std::string found = "it can't be read";
  try {
    const LatentsInfo info = inspect_latents(state);
    if (info.recipe_json == recipe(task).json) {
      return info.complete && !has_end(*task.job, records_);
    }
    found = "it is of another request or model";
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCorrupt) throw;
  }
  if (events_.on_warning) {
    events_.on_warning("begin " + task.job->id + " anew: " + state.string() + " is not used, " +
                       found);
  }
  remove_state(state);
  return false;
}

// False if another worker took the job over meanwhile.
bool Runner::make(const ResolvedJob& task, const Claim& claim) {
  const BatchJob& job = *task.job;
  VideoFileOptions video = job.video;
  video.frames = task.request.num_frames;
  video.overwrite = is_half_published(task) || video.overwrite;

  RunHooks hooks;
  hooks.stop_requested = events_.stop_requested;
  hooks.on_warning = events_.on_warning;
  if (events_.on_progress) {
    hooks.on_progress = [&](const Progress& progress) { events_.on_progress(job, progress); };
  }
  const VideoFormat format = Generator::format(task.request);
  const auto file = open_video_file(video, format);
  file->on_encoded(
      [&](std::int64_t frames) { hooks.progress(Stage::kEncode, frames, video.frames); });
  FrameSampler frames(*file, format, video.frames, layout_of(options_));
  const fs::path state = state_file_of(video.path);
  generator_.generate(task.request, frames, hooks, {state, /*resume=*/true, options_.checkpoint});
  // Before the clip is in its place: a worker that dies here leaves nothing that is not made again.
  save_pictures(job, frames);
  if (!claim.held()) return false;
  const Recipe recipe = this->recipe(task);
  if (video.metadata) file->set_recipe(recipe);
  file->finish();
  if (!video.metadata) mark_finished(job, records_, recipe);
  remove_state(state);
  forget_failure(job, records_);
  return true;
}

void Runner::save_pictures(const BatchJob& job, const FrameSampler& frames) const {
  try {
    if (options_.report) frames.save(records_ / (job.id + ".png"));
    if (options_.contact_sheet) frames.save(job.video.path.string() + ".contact.png");
  } catch (const std::exception& error) {  // the clip is worth more
    if (events_.on_warning) events_.on_warning(error.what());
  }
}

void Runner::note(const std::string& event, const ResolvedJob& task, Json::Object more) {
  more.insert(more.begin(), {"id", task.job->id});
  journal_.record(event, more);
}

}  // namespace zoetrope::batch
