#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "batch/clip_targets.h"
#include "batch/job_keys.h"
#include "batch/prompt_faults.h"
#include "batch/stills.h"
#include "zoetrope/batch.h"
#include "zoetrope/prompt_file.h"

namespace zoetrope::batch {

/// Makes jobs of what a prompt file says and of the defaults.
class JobMaker {
 public:
  /// folder: where relative paths of stills begin.
  /// Throws Error(kUsage) for defaults at fault.
  JobMaker(const std::filesystem::path& folder, const JobDefaults& defaults,
           const PromptFileOptions& options, PromptFaults& faults);

  /// Checks a draft and appends its jobs, one a seed. False when there are too many jobs.
  bool add(const JobDraft& draft);

  std::vector<BatchJob> take() { return std::move(jobs_); }

 private:
  struct Clip;  // a draft with the defaults, before its seeds make jobs of it

  void set(const JobKey& key, const std::string& text, Clip& clip);
  void check_pairs(const JobDraft& draft, Clip& clip);
  void find_stills(const JobDraft& draft, Clip& clip);
  void check_target(Clip& clip);
  void decide_frames(const JobDraft& draft, Clip& clip);
  bool add_jobs(Clip& clip);
  void add_job(Clip& clip, std::int64_t seed, const std::string& suffix);
  bool has_room(Clip& clip);
  bool is_new(std::unordered_map<std::string, int>& seen, const std::string& name, Clip& clip,
              const std::string& what);
  void fault(Clip& clip, const std::string& what);

  std::filesystem::path folder_;
  JobDefaults defaults_;
  PromptFileOptions options_;
  PromptFaults& faults_;
  StillFinder stills_;
  ClipTargets targets_;
  std::vector<BatchJob> jobs_;
  std::int64_t text_bytes_ = 0;
  std::unordered_map<std::string, int> ids_, outputs_;  // in lower case -> line
};

}  // namespace zoetrope::batch
