#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "zoetrope/batch.h"

namespace zoetrope::batch {

/// Why a text can't be a job's id, or empty. Ids are names of files.
std::string fault_of_id(const std::string& id);

/// Why a text can't be the name of a job's clip in the output folder, or empty.
std::string fault_of_output(const std::string& name);

/// A clip's name with `suffix` before its extension, and before the pattern of a frame's name.
std::string with_suffix(const std::string& name, const std::string& suffix);

/// What a job's stills are, beside their paths.
struct StillSums {
  std::string image, last_image;  ///< SHA-256 of the files; empty if there is none
};

/// 12 hexadecimal digits of all that the clip depends on but the model: equal for equal jobs,
/// whatever file and folder they are in. `output` only if the job names it.
std::string hash_of(const BatchJob& job, const StillSums& stills, const std::string& output);

/// The seed of a job that has none: 32 bits, short enough to type again.
std::int64_t seed_of(const std::string& id);

/// Reads "7", "1..8", "1,2,5..8", each from 0 to 2^63 - 1, or "-1", which is none.
/// Throws Error(kUsage), also for more than kMaxJobs of them.
std::vector<std::int64_t> read_seeds(const std::string& text);

}  // namespace zoetrope::batch
