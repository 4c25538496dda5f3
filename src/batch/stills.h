#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace zoetrope::batch {

/// A still that a job names.
struct FoundStill {
  std::string path;
  std::string sha256;  ///< of the file
  std::string fault;   ///< why it can't be used; then the others are empty
};

/// Finds stills, each once.
class StillFinder {
 public:
  /// confine: the folder in which every still must lie; empty: anywhere.
  /// Throws Error(kUsage) if it is no folder.
  explicit StillFinder(const std::filesystem::path& confine);

  /// A path as it is written, relative to `folder`. Confined, symbolic links are followed first,
  /// and the path found is the one without them, so that changing one later changes nothing.
  const FoundStill& find(const std::filesystem::path& folder, const std::string& written);

 private:
  FoundStill look(const std::filesystem::path& path) const;

  std::filesystem::path confine_;  // without symbolic links; empty: anywhere
  std::string confine_shown_;      // as it was given
  std::map<std::filesystem::path, FoundStill> known_;
};

}  // namespace zoetrope::batch
