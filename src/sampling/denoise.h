#pragma once

#include <optional>

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

/// Latents and how far they got.
struct Denoised {
  Tensor latents;  ///< fp32 [1, C, T, h, w]
  int steps_done = 0;
  bool complete = false;  ///< false if the caller asked to stop
};

/// The denoising loop: from noise to latents. Frames that the condition holds are put in place
/// before every step's velocity and at the end; between, the sampler moves them like all others.
/// Stops after the current step when the hooks say so. Throws Error(kNumerical) naming the step at
/// which NaN or infinity appeared.
Denoised denoise(const Denoiser& model, const Tensor& noise, const Guidance& guidance,
                 Sampler& sampler, const RunHooks& hooks);

}  // namespace zoetrope
