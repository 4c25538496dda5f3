#include "sampling/denoise.h"

#include "zoetrope/error.h"

namespace zoetrope {
namespace {

void require_finite(const Tensor& x, int step, const FlowSchedule& schedule) {
  // One reduction: the sum of finite latents is finite, and NaN or infinity survive it.
  if (at::isfinite(x.sum(at::kDouble)).item<bool>()) return;
  throw Error(ErrorCode::kNumerical,
              "denoise: NaN or infinity in the latents after step " + std::to_string(step + 1) +
                  " of " + std::to_string(schedule.steps()) + ", sigma " +
                  std::to_string(schedule.sigmas[static_cast<std::size_t>(step)]) +
                  " (try --dtype fp32)");
}

}  // namespace

Tensor guided_velocity(const Denoiser& model, const Tensor& x, double timestep,
                       const Guidance& guidance) {
  if (!guidance.negative) return model.velocity(x, timestep, guidance.prompt);
  const auto v = model.velocities(x, timestep, {guidance.prompt, *guidance.negative});
  return v[1] + guidance.scale_at(timestep) * (v[0] - v[1]);
}

Denoised denoise(const Denoiser& model, const Denoised& start, const Guidance& guidance,
                 Sampler& sampler, const RunHooks& hooks, const StepObserver& after_step) {
  const FlowSchedule& schedule = sampler.schedule();
  Tensor x = start.latents;
  sampler.restore(start.steps_done, start.memory);
  hooks.progress(Stage::kDenoise, start.steps_done, schedule.steps());
  for (int i = start.steps_done; i < schedule.steps(); ++i) {
    if (hooks.stopping()) return {x, i, /*complete=*/false, sampler.memory()};
    const double timestep = schedule.timesteps[static_cast<std::size_t>(i)];

    const Tensor v = guided_velocity(model, guidance.prompt.constrain(x), timestep, guidance);
    x = sampler.step(i, x, v);

    require_finite(x, i, schedule);
    hooks.progress(Stage::kDenoise, i + 1, schedule.steps());
    if (after_step && i + 1 < schedule.steps()) {
      after_step({x, i + 1, /*complete=*/false, sampler.memory()});
    }
  }
  return {guidance.prompt.constrain(x), schedule.steps(), /*complete=*/true, {}};
}

}  // namespace zoetrope
