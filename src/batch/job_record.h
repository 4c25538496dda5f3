#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "zoetrope/batch.h"

namespace zoetrope::batch {

/// Where a batch keeps claims, journals, failures and pictures for its report.
std::filesystem::path records_of(const std::filesystem::path& output_dir);

/// Whether a job's clip is whole and of this recipe, which is asked for only if there is a clip.
bool is_finished(const BatchJob& job, const std::filesystem::path& records,
                 const std::function<Recipe()>& recipe);

/// Says of a clip without a sidecar that it is whole. Throws Error(kResource).
void mark_finished(const BatchJob& job, const std::filesystem::path& records, const Recipe& recipe);

/// Whether something lies where a clip's last file goes, which says that the clip is whole.
bool has_end(const BatchJob& job, const std::filesystem::path& records);

struct Failure {
  ErrorCode code{};
  std::string message;
};

/// Says that a job failed, to the other workers. Throws Error(kResource).
void mark_failed(const BatchJob& job, const std::filesystem::path& records, const Failure& failure);

/// The failures on record at one time. They are told apart by their files, not by when they came:
/// clocks jump.
using FailureMarks = std::set<std::string>;
FailureMarks failure_marks(const std::filesystem::path& records);

/// How a job failed since these were taken down, if it did.
std::optional<Failure> failure_since(const FailureMarks& before, const BatchJob& job,
                                     const std::filesystem::path& records);

void forget_failure(const BatchJob& job, const std::filesystem::path& records);

}  // namespace zoetrope::batch
