#include "tensor/random.h"

#include <ATen/CPUGeneratorImpl.h>

namespace zoetrope {

Tensor initial_noise(std::int64_t seed, at::IntArrayRef shape) {
  const at::Generator generator = at::detail::createCPUGenerator(static_cast<std::uint64_t>(seed));
  return at::randn(shape, generator, at::TensorOptions().dtype(at::kFloat));
}

}  // namespace zoetrope
