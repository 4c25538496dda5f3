#pragma once

#include "sampling/sampler.h"

namespace zoetrope {

/// x' = x + (sigma' - sigma) v.
class EulerSampler : public Sampler {
 public:
  using Sampler::Sampler;
  Tensor step(int i, const Tensor& x, const Tensor& v) override;
};

}  // namespace zoetrope
