#pragma once

#include <memory>
#include <string>
#include <vector>

#include "checkpoint/model_index.h"
#include "sampling/flow_schedule.h"
#include "tensor/tensor.h"

namespace zoetrope {

/// How a checkpoint wants to be sampled.
struct SamplerConfig {
  std::string scheduler = "unipc";  ///< "unipc" or "euler"
  double flow_shift = 1;
  int train_timesteps = 1000;
  int solver_order = 2;                         ///< UniPC: 1 … 3
  std::vector<std::int64_t> disable_corrector;  ///< UniPC: steps after which no correction is made
};

/// Reads scheduler/scheduler_config.json. Throws Error(kCorrupt) for a scheduler class or an option
/// that changes flow sampling and is not supported.
SamplerConfig read_sampler_config(const ConfigFile& config);

/// One way to follow the velocity from noise to the clip. Holds the state of one run.
class Sampler {
 public:
  explicit Sampler(FlowSchedule schedule) : schedule_(std::move(schedule)) {}
  virtual ~Sampler() = default;

  const FlowSchedule& schedule() const { return schedule_; }

  /// x at sigma_{i+1}, from x at sigma_i and the model's velocity there. Called for i = 0, 1, …
  /// x, v: fp32 of one shape.
  virtual Tensor step(int i, const Tensor& x, const Tensor& v) = 0;

  /// What it carries from one step to the next beside x: fp32 tensors of x's shape.
  virtual std::vector<Tensor> memory() const { return {}; }

  /// Goes on as the sampler did whose memory after `steps_done` steps this is.
  /// Throws Error(kCorrupt) if it can't be.
  virtual void restore(int steps_done, std::vector<Tensor> memory);

 private:
  FlowSchedule schedule_;
};

std::unique_ptr<Sampler> make_sampler(const SamplerConfig& config, int steps);

}  // namespace zoetrope
