#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "pipeline/pipeline.h"
#include "sampling/sampler.h"
#include "zoetrope/hooks.h"

namespace zoetrope {

/// What the model is told: the prompt, and with guidance what to keep away from.
struct Guidance {
  Condition prompt;
  std::optional<Condition> negative;  ///< present iff scale > 1
  double scale = 1;                   ///< at timesteps from `boundary` on
  double scale_below = 1;             ///< at timesteps below it
  double boundary = 0;

  double scale_at(double timestep) const { return timestep >= boundary ? scale : scale_below; }
};

/// Classifier-free guidance: v = v_negative + scale (v_prompt - v_negative), in fp32.
/// Source: Ho & Salimans 2022 (arXiv:2207.12598).
Tensor guided_velocity(const Denoiser& model, const Tensor& x, double timestep,
                       const Guidance& guidance);

/// Latents on their way, and all that is needed to go on with them: noise is drawn before the first
/// step and never after.
struct Denoised {
  Tensor latents;  ///< fp32 [1, C, T, h, w]
  int steps_done = 0;
  bool complete = false;       ///< the last step is done
  std::vector<Tensor> memory;  ///< the sampler's; empty once complete
};

/// Told where the loop is after each step but the last. May be empty.
using StepObserver = std::function<void(const Denoised&)>;

/// The denoising loop: from noise, or from where an earlier run stopped, to latents. Frames that
/// the condition holds are put in place before every step's velocity and at the end; between, the
/// sampler moves them like all others. Stops after the current step when the hooks say so. Throws
/// Error(kNumerical) naming the step at which NaN or infinity appeared.
Denoised denoise(const Denoiser& model, const Denoised& start, const Guidance& guidance,
                 Sampler& sampler, const RunHooks& hooks, const StepObserver& after_step = {});

}  // namespace zoetrope
