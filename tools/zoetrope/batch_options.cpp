#include "batch_options.h"

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "clip_options.h"
#include "core/option_values.h"
#include "flags.h"
#include "help.h"
#include "model_options.h"
#include "numbers.h"

namespace zoetrope::cli {
namespace {

constexpr int kMostShards = 1'000'000;

Setter path_setter(std::filesystem::path& path) {
  return [&path](const std::string& flag, const std::string& text) {
    if (text.empty()) throw UsageError(flag + ": '' is no folder name");
    path = text;
  };
}

// "0/4" … "3/4"
void read_shard(const std::string& flag, const std::string& text, BatchOptions& options) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) {
    throw UsageError(flag + ": '" + text + "' is no share (expected I/N, from 0/N to N-1/N)");
  }
  options.shards = static_cast<int>(parse_whole(flag, text.substr(slash + 1), 1, kMostShards));
  options.shard = static_cast<int>(parse_whole(flag, text.substr(0, slash), 0, options.shards - 1));
}

std::optional<std::int64_t> number_in_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return std::nullopt;
  return parse_whole(name, text, 0, kMostShards);
}

// The share of a Slurm job array's task, or of a Kubernetes Indexed Job's pod whose manifest says
// how many there are. An array that is not made of consecutive numbers is left to the claims.
void take_share_of_cluster(BatchOptions& options) {
  const auto task = number_in_environment("SLURM_ARRAY_TASK_ID");
  const auto tasks = number_in_environment("SLURM_ARRAY_TASK_COUNT");
  const auto first = number_in_environment("SLURM_ARRAY_TASK_MIN");
  const auto pod = number_in_environment("JOB_COMPLETION_INDEX");
  const auto pods = number_in_environment("JOB_COMPLETIONS");
  const auto take = [&](std::int64_t share, std::int64_t shares) {
    if (share < 0 || share >= shares) return;
    options.shard = static_cast<int>(share);
    options.shards = static_cast<int>(shares);
  };
  if (task && tasks) {
    take(*task - first.value_or(0), *tasks);
  } else if (pod && pods) {
    take(*pod, *pods);
  }
}

void add_running(CLI::App& batch, BatchCommand& command) {
  BatchOptions& options = command.options;
  const auto shard = [&options](const std::string& flag, const std::string& text) {
    read_shard(flag, text, options);
  };
  const auto retries = [&options](const std::string& flag, const std::string& text) {
    options.retries = static_cast<int>(parse_whole(flag, text, 0, 100));
  };
  add(batch, "shard", shard, "make every Nth job alone, from the Ith (0 to N - 1)")
      ->type_name("I/N")
      ->group("Batch");
  add(batch, "retry", retries, "further attempts at a job that failed")
      ->type_name("N")
      ->group("Batch");
  add_switch(batch, "fail-fast", options.fail_fast, "end with the first job that fails")
      ->group("Batch");
  add_switch(batch, "contact-sheet", options.contact_sheet,
             "also write a picture of frames beside each clip")
      ->group("Batch");
  add_switch(batch, "dry-run", command.dry_run, "print what would be done and stop")
      ->group("Batch");
  add_memory_limit(batch, options.memory_bytes);
  add_checkpoints(batch, options.checkpoint);
}

}  // namespace

CLI::App* add_batch(CLI::App& app, BatchFlags& flags) {
  BatchCommand& command = flags.command;
  CLI::App* batch = app.add_subcommand("batch", "make the videos of a prompt file");
  batch->add_option("FILE", command.prompt_file, "prompt file: .jsonl, .txt, .csv, or - for stdin")
      ->type_name("FILE");
  add(*batch, "output-dir", path_setter(command.options.output_dir),
      "folder for the videos, shared by all who work on the batch")
      ->type_name("DIR")
      ->group("Batch");
  add_choice<PromptFormat>(
      *batch, "format", command.format,
      {{"jsonl", PromptFormat::kJsonl}, {"txt", PromptFormat::kText}, {"csv", PromptFormat::kCsv}},
      "of the prompt file (default: by its name; of stdin jsonl)")
      ->group("Batch");
  add(*batch, "confine", path_setter(command.confine), "refuse stills that lie outside this folder")
      ->type_name("DIR")
      ->group("Batch");
  add_running(*batch, command);
  add_clip(*batch, command.request, command.duration_s);
  add_render(*batch, command.render);
  add_settings(*batch, flags.settings);
  add_switch(*batch, "overwrite", command.render.video.overwrite, "replace clips of other batches")
      ->group("File");
  add_encoding(*batch, command.render.video);
  batch->footer(batch_examples());
  return batch;
}

BatchCommand finished(const CLI::App& batch, BatchFlags& flags) {
  BatchCommand& command = flags.command;
  if (command.prompt_file.empty()) throw UsageError("FILE is required: the prompt file, or -");
  if (command.options.output_dir.empty()) throw UsageError("--output-dir is required");
  check_text("--prompt", command.request.prompt);
  check_text("--negative-prompt", command.request.negative_prompt);
  if (batch.count("--shard") == 0) take_share_of_cluster(command.options);
  return command;
}

}  // namespace zoetrope::cli
