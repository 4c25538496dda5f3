#include "zoetrope/batch.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <unistd.h>

#include "batch_reporter.h"
#include "commands.h"
#include "core/json.h"
#include "machine.h"
#include "model_folder.h"
#include "numbers.h"
#include "plan.h"
#include "signals.h"
#include "terminal.h"
#include "zoetrope/prompt_file.h"

namespace zoetrope::cli {
namespace {

namespace fs = std::filesystem;

std::size_t read_standard_input(char* into, std::size_t most) {
  while (true) {
    const ssize_t bytes = ::read(STDIN_FILENO, into, most);
    if (bytes >= 0) return static_cast<std::size_t>(bytes);
    if (errno == EINTR && received_signal() == 0) continue;
    throw Error(ErrorCode::kResource,
                std::string("read the jobs from standard input: ") + std::strerror(errno));
  }
}

std::string shown_name(const BatchCommand& command) {
  return command.prompt_file == "-" ? "standard input" : command.prompt_file;
}

std::vector<BatchJob> read_jobs(const BatchCommand& command, const CheckpointInfo& info) {
  const JobDefaults defaults{command.request, command.render.video, command.duration_s};
  PromptFileOptions options;
  options.format = command.format;
  options.output_dir = command.options.output_dir;
  options.confine = command.confine;
  options.fps = info.defaults.fps;
  options.frame_multiple = info.frame_multiple;
  return command.prompt_file == "-"
             ? read_prompts(read_standard_input, shown_name(command), {}, defaults, options)
             : read_prompt_file(command.prompt_file, defaults, options);
}

Json json_of(const ResolvedJob& resolved, std::int64_t peak_bytes) {
  const GenerationRequest& request = resolved.request;
  Json json;
  json.set("line", resolved.job->line);
  json.set("id", resolved.job->id);
  json.set("prompt", request.prompt);
  json.set("width", request.width);
  json.set("height", request.height);
  json.set("frames", request.num_frames);
  json.set("fps", to_string(request.fps));
  json.set("steps", request.steps);
  json.set("seed", request.seed);
  json.set("peak_bytes", peak_bytes);
  json.set("output", resolved.job->video.path.string());
  return json;
}

void print_plan(const BatchCommand& command, const std::vector<ResolvedJob>& jobs,
                const Generator& generator) {
  std::int64_t frames = 0, peak = 0;
  double seconds = 0;
  std::vector<std::vector<std::string>> rows = {
      {"line", "id", "size", "frames", "steps", "seed", "memory", "output"}};
  Json list{Json::Array{}};
  for (const ResolvedJob& resolved : jobs) {
    const GenerationRequest& request = resolved.request;
    const std::int64_t peak_bytes = generator.plan(request).peak_bytes;
    frames += request.num_frames;
    seconds += request.num_frames / request.fps.value();
    peak = std::max(peak, peak_bytes);
    list.append(json_of(resolved, peak_bytes));
    rows.push_back({std::to_string(resolved.job->line), resolved.job->id,
                    std::to_string(request.width) + "x" + std::to_string(request.height),
                    std::to_string(request.num_frames), std::to_string(request.steps),
                    std::to_string(request.seed), human_bytes(peak_bytes),
                    escaped(resolved.job->video.path.string())});
  }
  if (command.render.json) {
    Json json;
    json.set("jobs", std::move(list));
    json.set("frames", frames);
    json.set("duration_s", seconds);
    json.set("peak_bytes", peak);
    print_result(json.dump(2) + "\n");
    return;
  }
  std::string table;
  for (const std::string& line : lines_of_table(rows)) table += line + "\n";
  print_result(table + std::to_string(jobs.size()) + (jobs.size() == 1 ? " job, " : " jobs, ") +
               std::to_string(frames) + " frames, " + human_duration(seconds) +
               " of video, about " + human_bytes(peak) + " of memory at most\n");
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder)) {
    throw Error(ErrorCode::kResource,
                "--output-dir " + folder.string() + ": can't be made: " + error.message());
  }
}

// Without a limit of the user's, weights stay loaded between clips only if the machine has room.
BatchOptions within_memory(const BatchCommand& command, const std::vector<ResolvedJob>& jobs,
                           Generator& generator, Reporter& reporter) {
  BatchOptions options = command.options;
  const auto pixels = [](const ResolvedJob& job) {
    return std::int64_t{job.request.width} * job.request.height * job.request.num_frames;
  };
  const auto largest = std::ranges::max_element(jobs, {}, pixels);
  if (largest == jobs.end()) return options;
  plan_within(options.memory_bytes, generator, largest->request, reporter);
  if (options.memory_bytes == 0) options.memory_bytes = describe_machine().available_bytes;
  return options;
}

}  // namespace

int run_batch_command(const BatchCommand& command, Reporter& reporter) {
  Generator generator(choose_model(command.render.model), command.render.run);
  generator.limit_memory(command.options.memory_bytes);
  const std::vector<BatchJob> jobs = read_jobs(command, generator.info());
  const std::vector<ResolvedJob> resolved = resolve_jobs(generator, jobs, shown_name(command));
  if (command.dry_run) {
    print_plan(command, resolved, generator);
    return 0;
  }
  make_folder(command.options.output_dir);
  const BatchOptions options = within_memory(command, resolved, generator, reporter);
  BatchReporter told(reporter, shard_of(resolved, options), command.render.json);
  const BatchSummary summary = run_batch(generator, resolved, options, told.events());
  told.finished(summary);
  return summary.exit_code();
}

}  // namespace zoetrope::cli
