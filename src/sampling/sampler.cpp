#include "sampling/sampler.h"

#include "core/quote.h"
#include "sampling/euler.h"
#include "sampling/unipc.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

[[noreturn]] void refuse(const ConfigFile& config, const std::string& found,
                         const std::string& expected) {
  throw Error(ErrorCode::kCorrupt, "read " + config.path().string() + ": " + found +
                                       " is not supported (expected " + expected + ")");
}

// Options that would change the noise levels in ways that flow checkpoints do not use.
void refuse_other_grids(const ConfigFile& config) {
  for (const char* key :
       {"use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_dynamic_shifting",
        "invert_sigmas", "stochastic_sampling", "thresholding"}) {
    if (config.boolean(key, false)) refuse(config, "'" + std::string(key) + "' true", "false");
  }
  if (config.number("shift_terminal", 0) != 0) refuse(config, "'shift_terminal'", "null");
}

void read_unipc(const ConfigFile& config, SamplerConfig* result) {
  const std::string prediction = config.string("prediction_type", "epsilon");
  if (prediction != "flow_prediction") {
    refuse(config, "'prediction_type' " + in_quotes(prediction), "'flow_prediction'");
  }
  if (!config.boolean("use_flow_sigmas", false)) refuse(config, "'use_flow_sigmas' false", "true");
  if (!config.boolean("predict_x0", true)) refuse(config, "'predict_x0' false", "true");
  if (!config.boolean("lower_order_final", true)) {
    refuse(config, "'lower_order_final' false", "true");
  }
  const std::string last = config.string("final_sigmas_type", "zero");
  if (last != "zero") refuse(config, "'final_sigmas_type' " + in_quotes(last), "'zero'");
  if (config.find("solver_p") != nullptr) refuse(config, "'solver_p'", "null");

  const std::string type = config.string("solver_type", "bh2");
  // With bh1 the reference's last step, to sigma 0, is NaN.
  if (type != "bh2") refuse(config, "'solver_type' " + in_quotes(type), "'bh2'");
  const std::int64_t order = config.integer("solver_order", 2);
  if (order < 1 || order > 3) {
    refuse(config, "'solver_order' " + std::to_string(order), "1, 2 or 3");
  }
  result->solver_order = static_cast<int>(order);
  result->disable_corrector = config.integers("disable_corrector");
  result->flow_shift = config.number("flow_shift", 1);
}

}  // namespace

SamplerConfig read_sampler_config(const ConfigFile& config) {
  SamplerConfig result;
  refuse_other_grids(config);
  const std::string name = config.string("_class_name", "");
  if (name == "UniPCMultistepScheduler") {
    read_unipc(config, &result);
  } else if (name == "FlowMatchEulerDiscreteScheduler") {
    result.scheduler = "euler";
    result.flow_shift = config.number("shift", 1);
  } else {
    refuse(config, "the scheduler " + in_quotes(name),
           "UniPCMultistepScheduler or FlowMatchEulerDiscreteScheduler");
  }
  const std::int64_t train = config.integer("num_train_timesteps", 1000);
  if (train < 1 || train > 1'000'000) {
    refuse(config, "'num_train_timesteps' " + std::to_string(train), "1 to 1000000");
  }
  result.train_timesteps = static_cast<int>(train);
  if (!(result.flow_shift > 0 && result.flow_shift <= 1000)) {
    refuse(config, "a flow shift of " + std::to_string(result.flow_shift), "above 0, at most 1000");
  }
  return result;
}

void Sampler::restore(int, std::vector<Tensor> memory) {
  if (memory.empty()) return;
  throw Error(ErrorCode::kCorrupt, "go on sampling: " + std::to_string(memory.size()) +
                                       " tensors of memory (this sampler has none)");
}

std::unique_ptr<Sampler> make_sampler(const SamplerConfig& config, int steps) {
  if (config.scheduler == "euler") {
    return std::make_unique<EulerSampler>(
        euler_schedule(steps, config.flow_shift, config.train_timesteps));
  }
  return std::make_unique<UniPcSampler>(
      unipc_schedule(steps, config.flow_shift, config.train_timesteps), config);
}

}  // namespace zoetrope
