#pragma once

#include <vector>

namespace zoetrope {

/// The noise levels of a run. sigma is the flow time: 1 is pure noise, 0 the finished clip, and
/// x_sigma = (1 - sigma) x0 + sigma noise.
struct FlowSchedule {
  std::vector<float> sigmas;      ///< N + 1 values, falling, the last one 0
  std::vector<double> timesteps;  ///< N values, what the model is told

  int steps() const { return static_cast<int>(timesteps.size()); }
};

/// shift(s) = k s / (1 + (k - 1) s): spends more steps on high noise for k > 1.
double shift_sigma(double sigma, double shift);

/// UniPC's grid: N values from 1 down to 1 / train_timesteps, shifted; timesteps are truncated to
/// integers. sigma_0 stays just below 1, whose log-SNR would be infinite.
/// Source: diffusers >= 0.37 `UniPCMultistepScheduler.set_timesteps`, use_flow_sigmas.
FlowSchedule unipc_schedule(int steps, double shift, int train_timesteps);

/// Flow-match Euler's grid. Its lower end is shifted twice, as the reference does; timesteps are
/// fractional. Source: diffusers `FlowMatchEulerDiscreteScheduler` with a static shift.
FlowSchedule euler_schedule(int steps, double shift, int train_timesteps);

}  // namespace zoetrope
