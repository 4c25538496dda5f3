#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"

namespace zoetrope::batch {

/// What a worker did, one JSON object a line. A worker that died while writing leaves at most one
/// line without an end.
class Journal {
 public:
  /// Appends to FOLDER/journal-HOST-PID.jsonl. Throws Error(kResource).
  explicit Journal(const std::filesystem::path& folder);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  /// Writes {"time": …, "event": EVENT, members…} and syncs it. Throws Error(kResource).
  void record(const std::string& event, const Json::Object& members);

  /// The same for what may be lost with the power: the next record takes it along.
  void mention(const std::string& event, const Json::Object& members);

 private:
  void append(const std::string& text);
  void reserve();

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::int64_t bytes_ = 0, reserved_ = 0;
};

/// Every whole record of all journals in a folder, those of each worker in order.
std::vector<Json> read_journals(const std::filesystem::path& folder);

}  // namespace zoetrope::batch
