#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope::batch {

/// What a value is in JSON; in the other formats all are text.
enum class ValueKind { kText, kWhole, kReal, kRate, kSeeds, kSwitch };

struct JobKey {
  std::string name;  ///< with underscores
  ValueKind kind;
};

/// Every key that a job may have: a request's, an encoding's and a few of jobs alone.
const std::vector<JobKey>& job_keys();

/// Whether a job may have this key, under any of its names; nullptr if not.
const JobKey* find_job_key(std::string_view written);

/// "unknown key (nearest known key: steps)"
std::string unknown_key(const std::string& written);

/// One value of a job, as its file has it.
struct JobField {
  const JobKey* key = nullptr;
  std::string written;              ///< the key as the file spells it
  std::optional<std::string> text;  ///< nothing if its type is wrong, which has been said
};

/// One job as its file has it, whatever the format.
struct JobDraft {
  int line = 0;
  std::vector<JobField> fields;  ///< each key once
};

}  // namespace zoetrope::batch
