#pragma once

#include <cuda_hopper.h>
#include <cuda_runtime.h>

#include "kernels/emulator/pipeline.h"

namespace emulator::test {

namespace device = zoetrope::kernels;

constexpr int kPipelineStages = 2, kStageDepth = 64, kTile = 64, kTileBytes = kTile * 128;

struct Signals {
  device::Barrier full[kPipelineStages], empty[kPipelineStages];
};

struct Maps {
  device::TensorMap a, b;
};

__device__ inline unsigned char* stage_memory(int step) {
  return device::swizzled_memory() + step % kPipelineStages * 2 * kTileBytes;
}

/// The parity of the phase in which `step` uses its stage.
__device__ inline unsigned parity_of(int step) {
  return static_cast<unsigned>(step / kPipelineStages) % 2;
}

template <PipelineBug kBug>
__device__ inline void init_signals(Signals& signals) {
  if (threadIdx.x == 0) {
    for (device::Barrier& barrier : signals.full) device::init_barrier(barrier, 1);
    for (device::Barrier& barrier : signals.empty) device::init_barrier(barrier, 128);
    device::fence_barrier_init();
  }
  if (kBug != PipelineBug::kNoSyncAfterInit) __syncthreads();
}

template <PipelineBug kBug>
__device__ inline void fill(const Maps& maps, Signals& signals, int step) {
  device::Barrier& full = signals.full[step % kPipelineStages];
  unsigned char* memory = stage_memory(step);
  device::arrive_expecting(full, 2 * kTileBytes + (kBug == PipelineBug::kBytesTooMany ? 16 : 0));
  device::copy_box(memory, maps.a, step * kStageDepth, static_cast<int>(blockIdx.x) * kTile, full);
  device::copy_box(memory + kTileBytes, maps.b, step * kStageDepth, 0, full);
}

template <PipelineBug kBug>
__device__ inline void multiply_stage(float (&sums)[32], Signals& signals, int step) {
  const unsigned parity = parity_of(step) ^ (kBug == PipelineBug::kWrongParity ? 1U : 0U);
  if (kBug != PipelineBug::kNoFullWait) {
    device::wait_barrier(signals.full[step % kPipelineStages], parity);
  }
  const unsigned char* memory = stage_memory(step);
  device::fence_products(sums);
  for (int k = 0; k < kStageDepth / 16; ++k) {
    const unsigned stride = kBug == PipelineBug::kStride ? 512 : 1024;
    device::multiply_add_async(sums, device::describe_tile(memory + 32 * k),
                               device::describe_tile(memory + kTileBytes + 32 * k, stride),
                               /*accumulates=*/step != 0 || k != 0);
  }
  device::commit_products();
}

__device__ inline void store_sums(const float (&sums)[32], float* y, int rows) {
  const int warp = static_cast<int>(threadIdx.x) / 32 % 4,
            lane = static_cast<int>(threadIdx.x) % 32;
  for (int i = 0; i < 32; i += 2) {
    const int row = static_cast<int>(blockIdx.x) * kTile + 16 * warp + lane / 4 + i / 2 % 2 * 8;
    const int column = i / 4 * 8 + 2 * (lane % 4);
    if (row < rows) {
      device::store_vector(y + row * kTile + column, make_float2(sums[i], sums[i + 1]));
    }
  }
}

template <PipelineBug kBug>
__global__ void __launch_bounds__(128, 1)
    simple_kernel(const __grid_constant__ Maps maps, float* y, int rows, int steps) {
  auto& signals = device::shared_variable<Signals>();
  init_signals<kBug>(signals);
  if (threadIdx.x == 0) {
    for (int step = 0; step < kPipelineStages && step < steps; ++step) {
      fill<kBug>(maps, signals, step);
    }
  }
  float sums[32] = {};
  for (int step = 0; step < steps; ++step) {
    multiply_stage<kBug>(sums, signals, step);
    const bool refills = threadIdx.x == 0 && step + kPipelineStages < steps;
    if (kBug == PipelineBug::kRefilledEarly) {
      if (refills) fill<kBug>(maps, signals, step + kPipelineStages);
    }
    if (kBug != PipelineBug::kNoProductWait) device::wait_products<0>(sums);
    __syncthreads();  // all four warps have read the stage
    if (kBug != PipelineBug::kRefilledEarly) {
      if (refills) fill<kBug>(maps, signals, step + kPipelineStages);
    }
  }
  store_sums(sums, y, rows);
}

template <PipelineBug kBug>
__device__ inline void copy_stages(const Maps& maps, Signals& signals, int steps) {
  for (int step = 0; step < steps; ++step) {
    const unsigned before = parity_of(step) ^ (kBug == PipelineBug::kWrongEmptyParity ? 0U : 1U);
    if (kBug != PipelineBug::kNoEmptyWait) {
      device::wait_barrier(signals.empty[step % kPipelineStages], before);
    }
    fill<kBug>(maps, signals, step);
  }
}

template <PipelineBug kBug>
__device__ inline void multiply_stages(float (&sums)[32], Signals& signals, int steps) {
  for (int step = 0; step < steps; ++step) {
    multiply_stage<kBug>(sums, signals, step);
    // The products of this stage run on; those of the stage before are done.
    if (kBug != PipelineBug::kNoProductWait) device::wait_products<1>(sums);
    const int done = kBug == PipelineBug::kReleasedEarly ? step : step - 1;
    if (done >= 0) device::arrive(signals.empty[done % kPipelineStages]);
  }
  if (kBug != PipelineBug::kNoProductWait) device::wait_products<0>(sums);
}

template <PipelineBug kBug>
__global__ void __launch_bounds__(256, 1)
    specialised_kernel(const __grid_constant__ Maps maps, float* y, int rows, int steps) {
  auto& signals = device::shared_variable<Signals>();
  init_signals<kBug>(signals);
  if (threadIdx.x < 128) {
    device::give_registers<40>();
    if (threadIdx.x == 0) copy_stages<kBug>(maps, signals, steps);
  } else {
    device::take_registers<232>();
    float sums[32] = {};
    multiply_stages<kBug>(sums, signals, steps);
    store_sums(sums, y, rows);
  }
}

template <PipelineBug kBug>
bool launch_pipeline(const PipelinedProduct& p, bool specialised) {
  const auto rows = static_cast<std::uint64_t>(p.rows), depth = static_cast<std::uint64_t>(p.depth);
  const std::uint64_t pitch = 2 * static_cast<std::uint64_t>(p.pitch);
  Maps maps;
  if (device::make_tensor_map(maps.a, {p.a, rows, depth, pitch, kTile}) != cudaSuccess ||
      device::make_tensor_map(maps.b, {p.b, kTile, depth, pitch, kTile}) != cudaSuccess) {
    return false;
  }
  auto* kernel = specialised ? specialised_kernel<kBug> : simple_kernel<kBug>;
  constexpr int kBytes = kPipelineStages * 2 * kTileBytes;
  cudaLaunchConfig_t config{};
  config.gridDim = static_cast<unsigned>((p.rows + kTile - 1) / kTile);
  config.blockDim = specialised ? 256 : 128;
  config.dynamicSmemBytes = kBytes;
  const int steps = (p.depth + kStageDepth - 1) / kStageDepth;
  return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes) ==
             cudaSuccess &&
         cudaLaunchKernelEx(&config, kernel, maps, p.y, p.rows, steps) == cudaSuccess;
}

}  // namespace emulator::test
