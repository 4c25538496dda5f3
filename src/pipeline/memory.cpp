#include "pipeline/memory.h"

#include <algorithm>

#include "zoetrope/error.h"

namespace zoetrope {
namespace {

const char* name_of(Stage stage) {
  switch (stage) {
    case Stage::kStill:
      return "encoding the still";
    case Stage::kText:
      return "reading the prompt";
    case Stage::kDenoise:
      return "denoising";
    default:
      return "decoding";
  }
}

std::string megabytes(std::int64_t bytes) { return std::to_string((bytes >> 20) + 1) + " MiB"; }

StagePlan plan_stage(const StageMemory& stage, std::int64_t process_bytes, std::int64_t limit) {
  StagePlan plan;
  plan.stage = stage.stage;
  plan.blocks = plan.kept_blocks = stage.blocks;
  plan.weight_bytes = stage.weight_bytes + stage.blocks * stage.block_bytes;
  const std::int64_t rest = process_bytes + stage.work_bytes;
  if (limit > 0 && rest + plan.weight_bytes > limit) {
    // Beside the blocks that stay there is the one that runs.
    const std::int64_t least =
        rest + stage.weight_bytes + (stage.blocks > 0 ? stage.block_bytes : 0);
    if (least > limit) {
      throw Error(ErrorCode::kResource, std::string("plan memory: ") + name_of(stage.stage) +
                                            " needs " + megabytes(least) + " (the limit is " +
                                            megabytes(limit) + ")");
    }
    plan.kept_blocks = stage.block_bytes > 0 ? (limit - least) / stage.block_bytes : 0;
    plan.weight_bytes = stage.weight_bytes + (plan.kept_blocks + 1) * stage.block_bytes;
  }
  plan.peak_bytes = rest + plan.weight_bytes;
  return plan;
}

}  // namespace

std::vector<StagePlan> plan_stages(const std::vector<StageMemory>& stages,
                                   std::int64_t process_bytes, std::int64_t limit) {
  std::vector<StagePlan> plans;
  for (const StageMemory& stage : stages) {
    plans.push_back(plan_stage(stage, process_bytes, limit));
  }
  return plans;
}

}  // namespace zoetrope
