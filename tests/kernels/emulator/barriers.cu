#include <cuda_hopper.h>
#include <cuda_runtime.h>

#include "kernels/emulator/barriers.h"

namespace emulator::test {
namespace {

namespace device = zoetrope::kernels;

constexpr int kPlaces = 2, kReaders = 3;

struct Ring {
  device::Barrier full[kPlaces], empty[kPlaces];
  float values[kPlaces][32];
};

__device__ void init_ring(Ring& ring, BarrierBug bug) {
  for (int i = 0; i < kPlaces; ++i) {
    if (bug != BarrierBug::kNoInit) device::init_barrier(ring.full[i], 32);
    if (bug == BarrierBug::kInitTwice) device::init_barrier(ring.full[i], 32);
    device::init_barrier(ring.empty[i], 32 * kReaders);
  }
  device::fence_barrier_init();
}

__device__ void write_tile(Ring& ring, const float* x, int tile, BarrierBug bug) {
  const int lane = static_cast<int>(threadIdx.x) % 32, place = tile % kPlaces;
  const unsigned parity = static_cast<unsigned>(tile / kPlaces) % 2;
  if (bug != BarrierBug::kNoEmptyWait) device::wait_barrier(ring.empty[place], parity ^ 1U);
  if (bug != BarrierBug::kWrittenLate) ring.values[place][lane] = x[32 * tile + lane];
  if (bug == BarrierBug::kBytesTooMany && lane == 0) {
    device::arrive_expecting(ring.full[place], 16);
  } else {
    device::arrive(ring.full[place]);
  }
  if (bug == BarrierBug::kWrittenLate) ring.values[place][lane] = x[32 * tile + lane];
}

__device__ void read_tile(Ring& ring, float* y, int tile, BarrierBug bug) {
  const int lane = static_cast<int>(threadIdx.x) % 32, reader = static_cast<int>(threadIdx.x) / 32;
  const int place = tile % kPlaces;
  const unsigned parity = static_cast<unsigned>(tile / kPlaces) % 2;
  if (bug == BarrierBug::kWrongParity) {
    device::wait_barrier(ring.full[place], parity ^ 1U);
  } else if (bug != BarrierBug::kNoFullWait) {
    device::wait_barrier(ring.full[place], parity);
  }
  if (bug == BarrierBug::kReleasedEarly) device::arrive(ring.empty[place]);
  const float value = ring.values[place][(lane + reader - 1) % 32];
  if (bug != BarrierBug::kReleasedEarly) device::arrive(ring.empty[place]);
  if (bug == BarrierBug::kArriveTooOften && threadIdx.x == 32) device::arrive(ring.empty[place]);
  y[(tile * kReaders + reader - 1) * 32 + lane] = value;
}

__global__ void pass_tiles_kernel(const float* x, float* y, int tiles, BarrierBug bug) {
  auto& ring = device::shared_variable<Ring>();
  if (threadIdx.x == 0) init_ring(ring, bug);
  if (bug != BarrierBug::kNoSyncAfterInit) __syncthreads();
  for (int tile = 0; tile < tiles; ++tile) {
    if (threadIdx.x < 32) {
      write_tile(ring, x, tile, bug);
    } else {
      read_tile(ring, y, tile, bug);
    }
  }
}

}  // namespace

void pass_tiles(const float* x, float* y, int tiles, BarrierBug bug) {
  cudaLaunchConfig_t config{};
  config.gridDim = 1;
  config.blockDim = 32 * (1 + kReaders);
  cudaLaunchKernelEx(&config, pass_tiles_kernel, x, y, tiles, bug);
}

}  // namespace emulator::test
