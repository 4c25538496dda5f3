#include "model_folder.h"

#include <cstdlib>
#include <system_error>

#include "zoetrope/error.h"

namespace zoetrope::cli {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

}  // namespace

std::optional<fs::path> default_model() {
  if (const char* chosen = std::getenv("ZOETROPE_MODEL"); chosen != nullptr && *chosen != '\0') {
    return fs::path(chosen);
  }
  std::error_code unknown;
  fs::path above = fs::read_symlink("/proc/self/exe", unknown).parent_path();
  const fs::path installed = above.parent_path() / "share/zoetrope/models/starter";
  for (int level = 0; level < 4 && !above.empty(); ++level, above = above.parent_path()) {
    if (is_folder(above / "models/starter")) return above / "models/starter";
  }
  if (is_folder(installed)) return installed;
  if (is_folder("models/starter")) return fs::path("models/starter");
  return std::nullopt;
}

ModelFiles choose_model(ModelFiles given) {
  if (!given.folder.empty()) {
    if (!is_folder(given.folder)) {
      throw Error(ErrorCode::kCorrupt, "open the model " + given.folder.string() +
                                           ": no such folder (expected a diffusers checkpoint)");
    }
    return given;
  }
  if (!given.transformer.empty()) return given;
  const auto found = default_model();
  if (!found) {
    throw Error(ErrorCode::kCorrupt,
                "find a model: no models/starter beside the program or in this folder (give "
                "--model DIR or set ZOETROPE_MODEL)");
  }
  if (!is_folder(*found)) {
    throw Error(ErrorCode::kCorrupt, "open the model of ZOETROPE_MODEL, " + found->string() +
                                         ": no such folder (expected a diffusers checkpoint)");
  }
  given.folder = *found;
  return given;
}

}  // namespace zoetrope::cli
