#include <gtest/gtest.h>

#include "core/files.h"
#include "sampling/sampler.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

namespace zoetrope {
namespace {

SamplerConfig read(const std::string& json) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder.path() / "scheduler_config.json", json);
  return read_sampler_config(ConfigFile(folder.path() / "scheduler_config.json"));
}

TEST(ReadSamplerConfig, ReadsUniPc) {
  const SamplerConfig config = read(R"({"_class_name": "UniPCMultistepScheduler",
      "prediction_type": "flow_prediction", "use_flow_sigmas": true, "flow_shift": 5.0,
      "solver_order": 3, "disable_corrector": [0, 2]})");
  EXPECT_EQ(config.scheduler, "unipc");
  EXPECT_EQ(config.flow_shift, 5);
  EXPECT_EQ(config.solver_order, 3);
  EXPECT_EQ(config.disable_corrector, (std::vector<std::int64_t>{0, 2}));
}

TEST(ReadSamplerConfig, ReadsEuler) {
  const SamplerConfig config =
      read(R"({"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 7.0})");
  EXPECT_EQ(config.scheduler, "euler");
  EXPECT_EQ(config.flow_shift, 7);
}

TEST(ReadSamplerConfig, RefusesWhatWouldSampleDifferently) {
  EXPECT_ERROR(read(R"({"_class_name": "DDIMScheduler"})"), ErrorCode::kCorrupt, "'DDIMScheduler'");
  EXPECT_ERROR(read(R"({"_class_name": "UniPCMultistepScheduler"})"), ErrorCode::kCorrupt,
               "'prediction_type' 'epsilon'");
  EXPECT_ERROR(read(R"({"_class_name": "UniPCMultistepScheduler", "use_flow_sigmas": true,
                        "prediction_type": "flow_prediction", "solver_type": "bh1"})"),
               ErrorCode::kCorrupt, "'solver_type' 'bh1'");
  EXPECT_ERROR(read(R"({"_class_name": "FlowMatchEulerDiscreteScheduler",
                        "use_dynamic_shifting": true})"),
               ErrorCode::kCorrupt, "'use_dynamic_shifting' true");
  EXPECT_ERROR(read(R"({"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": -1})"),
               ErrorCode::kCorrupt, "flow shift of -1");
  EXPECT_ERROR(read(R"({"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": "a"})"),
               ErrorCode::kCorrupt, "'shift'");
}

}  // namespace
}  // namespace zoetrope
