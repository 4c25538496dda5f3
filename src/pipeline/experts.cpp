#include "pipeline/experts.h"

namespace zoetrope {

std::vector<Tensor> Experts::velocities(const Tensor& latents, double timestep,
                                        const std::vector<Condition>& conditions) const {
  const bool high_noise = timestep >= pipeline_.boundary;
  Lazy<Denoiser>& other = high_noise ? pipeline_.low_noise_denoiser : pipeline_.denoiser;
  Lazy<Denoiser>& expert = high_noise ? pipeline_.denoiser : pipeline_.low_noise_denoiser;
  other.drop();
  return expert.get(hooks_).velocities(latents, timestep, conditions);
}

}  // namespace zoetrope
