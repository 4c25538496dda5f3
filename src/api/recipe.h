#pragma once

#include <atomic>
#include <string>

#include "zoetrope/generator.h"

namespace zoetrope {

/// SHA-256 of the files of a request's stills; empty where there is none.
struct StillHashes {
  std::string first, last;
};
StillHashes hash_stills(const GenerationRequest& request);

/// The recipe of a resolved request: every member of the request that was used, and what it was
/// made with.
Recipe make_recipe(const GenerationRequest& request, const CheckpointInfo& checkpoint,
                   const StillHashes& stills, const std::string& weights_sha256,
                   const std::string& dtype);

/// The request that a recipe's JSON holds. Keys that are absent keep their defaults.
/// Throws Error(kCorrupt) "read `where`: …" for values of the wrong type.
GenerationRequest request_of_recipe(const std::string& json, const std::string& where);

/// SHA-256 over the lines "<sha256 of file>  <path relative to the folder>\n" of every weight file
/// in path order: what `sha256sum` prints for them, hashed again. Meaningless once `stop` is true.
std::string hash_weights(const CheckpointInfo& checkpoint, const std::atomic<bool>& stop);

}  // namespace zoetrope
