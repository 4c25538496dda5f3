#include "pipeline/experts.h"

namespace zoetrope {

Tensor Experts::velocity(const Tensor& latents, double timestep, const Condition& condition) const {
  const bool high_noise = timestep >= pipeline_.boundary;
  Lazy<Denoiser>& other = high_noise ? pipeline_.low_noise_denoiser : pipeline_.denoiser;
  Lazy<Denoiser>& expert = high_noise ? pipeline_.denoiser : pipeline_.low_noise_denoiser;
  other.drop();
  return expert.get(hooks_).velocity(latents, timestep, condition);
}

}  // namespace zoetrope
