#pragma once

#include <filesystem>
#include <optional>

#include "zoetrope/model_files.h"

namespace zoetrope::cli {

/// The checkpoint used when no --model is given: $ZOETROPE_MODEL, else models/starter in one of
/// three folders above the executable, else share/zoetrope/models/starter beside its bin/, else
/// ./models/starter. Empty if there is none.
std::optional<std::filesystem::path> default_model();

/// `given`, with the default model's folder if neither a folder nor a transformer is given: a
/// transformer is not mixed with another model's parts unasked.
/// Throws Error(kCorrupt) if the folder is not there.
ModelFiles choose_model(ModelFiles given);

}  // namespace zoetrope::cli
