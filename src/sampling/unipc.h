#pragma once

#include <deque>

#include "sampling/sampler.h"

namespace zoetrope {

/// UniPC, predict-x0 form with B(h) = expm1(h) ("bh2"): each step first corrects x with the newest
/// data prediction m = x - sigma v (UniC), then predicts the next x (UniP), both of order <=
/// `solver_order`. Source: Zhao et al. 2023 (arXiv:2302.04867); diffusers
/// `UniPCMultistepScheduler`.
class UniPcSampler : public Sampler {
 public:
  UniPcSampler(FlowSchedule schedule, const SamplerConfig& config);
  Tensor step(int i, const Tensor& x, const Tensor& v) override;
  /// The last predictor's start, then the data predictions, newest first.
  std::vector<Tensor> memory() const override;
  void restore(int steps_done, std::vector<Tensor> memory) override;

 private:
  int order_of_step(int i) const;
  Tensor update(int from, int to, const Tensor& x, int order, const Tensor* newest) const;
  double sigma(int i) const { return schedule().sigmas[static_cast<std::size_t>(i)]; }
  double lambda(int i) const;

  SamplerConfig config_;
  std::deque<Tensor> predictions_;  ///< m of the last steps, newest first
  Tensor last_x_;                   ///< where the last predictor started
  int last_order_ = 0;
};

}  // namespace zoetrope
