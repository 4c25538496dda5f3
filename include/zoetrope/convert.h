#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "zoetrope/hooks.h"
#include "zoetrope/model_files.h"

namespace zoetrope {

struct ConvertOptions {
  std::filesystem::path output;  ///< a folder that is not there, empty, or of an unfinished run
  std::string dtype = "keep";    ///< "fp32", "bf16", "fp16", or "keep": bf16 of fp8, else the same
  std::int64_t max_shard_bytes = 5'000'000'000;
};

struct ConvertResult {
  std::int64_t bytes = 0;       ///< of weights in the new folder
  std::int64_t kept_bytes = 0;  ///< of them, written by an earlier run that was interrupted
};

/// Writes a model in any layout that can be opened as a diffusers folder: configs, scheduler,
/// tokenizer, and weights in shards, of which no more than a piece is in memory. Every file
/// appears whole or not at all; model_index.json comes last. Run again after an interruption it
/// goes on, and ends with the same bytes.
///
/// Throws Error(kCorrupt) for a model at fault, Error(kUsage) for impossible options and for an
/// output that is something else, Error(kResource) if there is no room, Error(kNumerical) for
/// weights that are not finite in the new type, and Error(kStopped) when hooks.stop_requested says
/// so. Checks all but the weights' values before it writes anything.
ConvertResult convert_checkpoint(const ModelFiles& model, const ConvertOptions& options,
                                 const RunHooks& hooks);

}  // namespace zoetrope
