#include <cuda_device.h>
#include <cuda_runtime.h>

#include "kernels/emulator/fragments.h"

namespace emulator::test {
namespace {

namespace device = zoetrope::kernels;

__global__ void multiply_kernel(const unsigned* a, const unsigned* b, float* c, bool half) {
  const unsigned lane = threadIdx.x;
  unsigned left[4];
  float sums[4];
  for (unsigned r = 0; r < 4; ++r) {
    left[r] = a[4 * lane + r];
    sums[r] = c[4 * lane + r];
  }
  if (half) {
    device::multiply_add(sums, left, b[2 * lane], b[2 * lane + 1], __half{});
  } else {
    device::multiply_add(sums, left, b[2 * lane], b[2 * lane + 1], __nv_bfloat16{});
  }
  for (unsigned r = 0; r < 4; ++r) c[4 * lane + r] = sums[r];
}

struct Matrices {
  alignas(16) unsigned words[32 * 4];
};

__global__ void load_kernel(const unsigned* rows, unsigned* registers, bool transposed) {
  const unsigned lane = threadIdx.x;
  auto& matrices = device::shared_variable<Matrices>();
  for (unsigned i = 0; i < 4; ++i) matrices.words[4 * lane + i] = rows[4 * lane + i];
  __syncwarp();
  unsigned loaded[4];
  if (transposed) {
    device::load_matrices_x4_transposed(loaded, matrices.words + 4 * lane);
  } else {
    device::load_matrices_x4(loaded, matrices.words + 4 * lane);
  }
  for (unsigned r = 0; r < 4; ++r) registers[4 * lane + r] = loaded[r];
}

cudaLaunchConfig_t one_warp() {
  cudaLaunchConfig_t config;
  config.gridDim = 1;
  config.blockDim = 32;
  return config;
}

}  // namespace

void multiply_fragments(const unsigned* a, const unsigned* b, float* c, bool half) {
  const auto config = one_warp();
  cudaLaunchKernelEx(&config, multiply_kernel, a, b, c, half);
}

void load_fragments(const unsigned* rows, unsigned* registers, bool transposed) {
  const auto config = one_warp();
  cudaLaunchKernelEx(&config, load_kernel, rows, registers, transposed);
}

}  // namespace emulator::test
