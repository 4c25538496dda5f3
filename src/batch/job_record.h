#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
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

/// How a job failed since `since_ns`, if it did.
std::optional<Failure> failure_since(const BatchJob& job, const std::filesystem::path& records,
                                     std::int64_t since_ns);

void forget_failure(const BatchJob& job, const std::filesystem::path& records);

}  // namespace zoetrope::batch
