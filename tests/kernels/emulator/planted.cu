#include <cuda_bf16.h>
#include <cuda_device.h>
#include <cuda_runtime.h>

#include "kernels/emulator/planted.h"

namespace emulator::test {
namespace {

namespace device = zoetrope::kernels;

constexpr int kWarps = 4, kThreads = 32 * kWarps;

struct Partials {
  float of_warp[kWarps];
};

__global__ void sum_kernel(const float* x, float* y, int count, Bug bug) {
  auto& partials = device::shared_variable<Partials>();
  const int thread = static_cast<int>(threadIdx.x), warp = thread / 32, lane = thread % 32;
  if (bug == Bug::kEarlyReturn && warp * 32 >= count) return;
  float mine = 0;
  for (int i = thread; i < count; i += kThreads) mine += x[i];
  if (bug == Bug::kExtraWarpBarrier && thread == 5) __syncwarp();
  if (bug == Bug::kAbsentLane) {
    if (lane < 16) mine += __shfl_sync(0xffffU, mine, lane + 16);
  }
  for (int step = 16; step > 0; step /= 2) mine += __shfl_xor_sync(0xffffffffU, mine, step);
  if (lane == 0) partials.of_warp[warp] = mine;
  if (bug == Bug::kSplitBarrier && warp >= 2) {
    __syncthreads();
  } else if (bug != Bug::kNoSync) {
    __syncthreads();
  }
  float total = 0;
  for (int w = 0; w < kWarps; ++w) total += partials.of_warp[w];
  if (thread == 0) y[0] = total;
}

// ---- A two-stage pipeline of asynchronous copies into ldmatrix and mma ----

constexpr int kDepth = 32, kRows = 64, kColumns = 16, kChunks = kDepth / 8;

struct Stage {
  __nv_bfloat16 a[kRows * kDepth], b[kColumns * kDepth];
};

__device__ __nv_bfloat16* chunk_of(__nv_bfloat16* tile, int row, int chunk) {
  return tile + row * kDepth + 8 * (chunk ^ ((row >> 1) & 3));
}

__device__ void issue(const Product& p, Stage& stage, int first, Bug bug) {
  for (int i = static_cast<int>(threadIdx.x); i < (kRows + kColumns) * kChunks; i += kThreads) {
    const int row = i / kChunks, chunk = i % kChunks, k = first + 8 * chunk;
    const bool of_a = row < kRows;
    const int source_row = of_a ? row : row - kRows;
    const bool exists = !of_a || row < p.rows || bug == Bug::kTailRows;
    const bool valid = exists && (k < p.depth || (bug == Bug::kNoMask && k < p.pitch));
    const auto* source = static_cast<const __nv_bfloat16*>(of_a ? p.a : p.b);
    device::copy_async_16(chunk_of(of_a ? stage.a : stage.b, source_row, chunk),
                          source + source_row * p.pitch + k, valid);
  }
}

__device__ void multiply_stage(Stage& stage, float (&c)[2][4]) {
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  for (int k = 0; k < kDepth / 16; ++k) {
    unsigned a[4], b[4];
    device::load_matrices_x4(a, chunk_of(stage.a, 16 * warp + lane % 16, 2 * k + lane / 16));
    const int key = lane % 8 + lane / 16 * 8;
    device::load_matrices_x4(b, chunk_of(stage.b, key, 2 * k + lane / 8 % 2));
    device::multiply_add(c[0], a, b[0], b[1], __nv_bfloat16{});
    device::multiply_add(c[1], a, b[2], b[3], __nv_bfloat16{});
  }
}

__global__ void multiply_kernel(Product p, Bug bug) {
  auto* stages = static_cast<Stage*>(device::dynamic_shared_memory());
  const int steps = (p.depth + kDepth - 1) / kDepth;
  float c[2][4] = {};
  issue(p, stages[0], 0, bug);
  device::commit_copies();
  for (int s = 0; s < steps; ++s) {
    if (s + 1 < steps) issue(p, stages[(s + 1) % 2], (s + 1) * kDepth, bug);
    device::commit_copies();
    if (bug == Bug::kWaitTooFew) {
      device::wait_copies<2>();
    } else if (bug != Bug::kNoWait) {
      device::wait_copies<1>();
    }
    if (bug != Bug::kNoSyncAfterWait) __syncthreads();
    multiply_stage(stages[s % 2], c);
    if (bug != Bug::kNoSyncAtLoopEnd) __syncthreads();
  }
  if (bug == Bug::kNoLastWait) issue(p, stages[0], 0, bug);
  if (bug != Bug::kNoLastWait) device::wait_copies<0>();

  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  for (int i = 0; i < 8; ++i) {
    const int row = 16 * warp + lane / 4 + i % 4 / 2 * 8;
    const int column = i / 4 * 8 + 2 * (lane % 4) + i % 2;
    if (row < p.rows) p.y[row * kColumns + column] = c[i / 4][i % 4];
  }
}

// ---- Plain pointers ----

struct Tile {
  float elements[32 * 33];
};

__global__ void transpose_kernel(const float* x, float* y, int rows, int columns, Bug bug) {
  float* tile = device::shared_variable<Tile>().elements;
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int pitch = bug == Bug::kNoPadding ? 32 : 33;
  const int row0 = static_cast<int>(blockIdx.y) * 32, column0 = static_cast<int>(blockIdx.x) * 32;
  for (int r = warp; r < 32; r += kWarps) {
    const bool inside = column0 + lane < columns || bug == Bug::kUnguarded;
    if (row0 + r < rows && inside) {
      tile[r * pitch + lane + (bug == Bug::kPastTile ? 40 : 0)] =
          x[(row0 + r) * columns + column0 + lane];
    }
  }
  if (bug != Bug::kNoSync) __syncthreads();
  for (int c = warp; c < 32; c += kWarps) {
    if (column0 + c < columns && row0 + lane < rows) {
      y[(column0 + c) * rows + row0 + lane] = tile[lane * pitch + c];
    }
    if (bug == Bug::kStoreUnguarded && column0 + c >= columns && row0 + lane < rows) {
      y[(column0 + c) * rows + row0 + lane] = 0;
    }
  }
}

__global__ void count_kernel(int* counter, Bug bug) {
  if (threadIdx.x != 0) return;
  if (bug == Bug::kPlainCounter) {
    *counter += 1;
  } else {
    atomicAdd(counter, 1);
  }
}

__global__ void copy_kernel(const float* x, float* y, int count, Bug bug) {
  const int i = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  if (i >= count) return;
  const int shift = bug == Bug::kMisaligned ? 1 : 0;
  const auto value = device::load_vector<float4>(x + 4 * i + shift);
  device::store_vector(bug == Bug::kWriteInput ? const_cast<float*>(x) + 4 * i : y + 4 * i, value);
}

struct Lanes {
  float values[33];
};

__global__ void pass_on_kernel(float* y, Bug bug) {
  float* values = device::shared_variable<Lanes>().values;
  values[threadIdx.x] = static_cast<float>(threadIdx.x);
  if (bug == Bug::kAbsentee && threadIdx.x == 7) return;
  if (bug != Bug::kNoWarpBarrier) __syncwarp();
  y[threadIdx.x] = values[bug == Bug::kUnwritten ? threadIdx.x + 1 : (threadIdx.x + 1) % 32];
}

cudaLaunchConfig_t configuration(dim3 grid, dim3 block, std::size_t shared = 0) {
  cudaLaunchConfig_t config;
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = shared;
  return config;
}

unsigned tiles(int size, int tile) { return static_cast<unsigned>((size + tile - 1) / tile); }

}  // namespace

void sum(const float* x, float* y, int count, Bug bug) {
  const auto config = configuration(1, kThreads);
  cudaLaunchKernelEx(&config, sum_kernel, x, y, count, bug);
}

void multiply(const Product& product, Bug bug) {
  const auto config = configuration(1, kThreads, 2 * sizeof(Stage));
  cudaLaunchKernelEx(&config, multiply_kernel, product, bug);
}

void transpose(const float* x, float* y, int rows, int columns, Bug bug) {
  const auto config = configuration({tiles(columns, 32), tiles(rows, 32)}, kThreads);
  cudaLaunchKernelEx(&config, transpose_kernel, x, y, rows, columns, bug);
}

void count_blocks(int* counter, int blocks, Bug bug) {
  const auto config = configuration(static_cast<unsigned>(blocks), 32);
  cudaLaunchKernelEx(&config, count_kernel, counter, bug);
}

void copy_vectors(const float* x, float* y, int count, Bug bug) {
  const auto config = configuration(tiles(count, kThreads), kThreads);
  cudaLaunchKernelEx(&config, copy_kernel, x, y, count, bug);
}

void pass_on(float* y, Bug bug) {
  const auto config = configuration(1, 32);
  cudaLaunchKernelEx(&config, pass_on_kernel, y, bug);
}

}  // namespace emulator::test
