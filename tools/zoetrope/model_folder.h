#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace zoetrope::cli {

/// The checkpoint used when no --model is given: $ZOETROPE_MODEL, else models/starter in one of
/// three folders above the executable, else share/zoetrope/models/starter beside its bin/, else
/// ./models/starter. Empty if there is none.
std::optional<std::filesystem::path> default_model();

/// `given`, or the default model. Throws Error(kCorrupt) if neither is there.
std::filesystem::path choose_model(const std::string& given);

}  // namespace zoetrope::cli
