#pragma once

#include "pipeline/family.h"

namespace zoetrope {

/// A pipeline's two denoisers as one: the first at timesteps from the boundary on, the second
/// below. Timesteps fall, so each is loaded once, and the first leaves before the second comes.
/// Source: Wan 2.2, mixture of experts.
class Experts : public Denoiser {
 public:
  /// Both arguments must outlive it.
  Experts(Pipeline& pipeline, const RunHooks& hooks) : pipeline_(pipeline), hooks_(hooks) {}

  std::vector<Tensor> velocities(const Tensor& latents, double timestep,
                                 const std::vector<Condition>& conditions) const override;

 private:
  Pipeline& pipeline_;
  const RunHooks& hooks_;
};

}  // namespace zoetrope
