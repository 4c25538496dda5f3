#pragma once

#include <memory>
#include <vector>

#include "zoetrope/generator.h"

namespace zoetrope {

/// What a stage has in memory.
struct StageMemory {
  Stage stage = Stage::kText;
  std::int64_t weight_bytes = 0;  ///< of the weights that stay in memory throughout
  std::int64_t block_bytes = 0;   ///< of each of the blocks, which may stay or be read as they run
  std::int64_t blocks = 0;
  std::int64_t work_bytes = 0;  ///< beside weights
};

/// How many blocks stay in memory; set before a part is loaded.
struct KeptBlocks {
  std::int64_t text, denoiser;
};

/// Each stage's peak when as many blocks stay as fit into `limit` bytes (0: all stay), and the
/// process itself takes `process_bytes`.
/// Throws Error(kResource) naming the stage that does not fit with none of its blocks.
std::vector<StagePlan> plan_stages(const std::vector<StageMemory>& stages,
                                   std::int64_t process_bytes, std::int64_t limit);

}  // namespace zoetrope
