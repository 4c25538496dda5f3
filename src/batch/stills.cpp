#include "batch/stills.h"

#include <algorithm>
#include <system_error>

#include "core/files.h"
#include "core/quote.h"
#include "core/sha256.h"
#include "zoetrope/error.h"

namespace zoetrope::batch {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostBytes = 256 << 20;  // as docs/cli.md says of stills

bool lies_in(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

}  // namespace

StillFinder::StillFinder(const fs::path& confine) : confine_shown_(confine.string()) {
  if (confine.empty()) return;
  std::error_code error;
  confine_ = fs::canonical(confine, error);
  if (error || !fs::is_directory(confine_, error)) {
    throw Error(ErrorCode::kUsage,
                "confine stills to " + in_quotes(confine.string()) + ": no such folder");
  }
}

const FoundStill& StillFinder::find(const fs::path& folder, const std::string& written) {
  const fs::path path = folder / written;
  const auto known = known_.find(path);
  return known != known_.end() ? known->second : known_.emplace(path, look(path)).first->second;
}

FoundStill StillFinder::look(const fs::path& path) const {
  fs::path found = path;
  if (!confine_.empty()) {
    std::error_code error;
    found = fs::weakly_canonical(path, error);
    if (error) return {"", "", "can't be followed: " + error.message()};
    if (!lies_in(found, confine_)) {
      return {"", "", "lies outside " + in_quotes(confine_shown_) + ", where stills have to be"};
    }
  }
  try {
    const InputFile file(found);
    if (file.size() > kMostBytes) {
      return {"", "",
              "has " + std::to_string(file.size()) + " bytes (at most " +
                  std::to_string(kMostBytes) + ")"};
    }
    return {found.string(), sha256_of_file(found), ""};
  } catch (const Error& error) {
    return {"", "", error.what()};
  }
}

}  // namespace zoetrope::batch
