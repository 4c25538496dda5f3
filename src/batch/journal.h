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

  /// When this worker began, by the clock of the file system that all share, in ns.
  std::int64_t began_ns() const { return began_ns_; }

 private:
  void append(const std::string& text);
  void reserve();

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::int64_t bytes_ = 0, reserved_ = 0, began_ns_ = 0;
};

/// Every whole record of all journals in a folder, those of each worker in order.
std::vector<Json> read_journals(const std::filesystem::path& folder);

/// When a file was last written, in ns; 0 if it is not there.
std::int64_t modified_ns(const std::filesystem::path& path);

}  // namespace zoetrope::batch
