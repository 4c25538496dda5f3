#pragma once

// What the CUDA kernels over rows share. For .cu files alone.

#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_device.h>
#include <cuda_runtime.h>

#include "kernels/common/element.h"

namespace zoetrope::kernels {

// ---- On the GPU ----

template <typename T, int kWidth>
struct alignas(sizeof(T) * kWidth) Pack {
  T elements[kWidth];
};

__device__ __forceinline__ float widen(float value) { return value; }
__device__ __forceinline__ float widen(__nv_bfloat16 value) { return __bfloat162float(value); }
__device__ __forceinline__ void narrow(float value, float& element) { element = value; }
__device__ __forceinline__ void narrow(float value, __nv_bfloat16& element) {
  element = __float2bfloat16_rn(value);
}

/// kCount elements as fp32, in accesses of at most 16 bytes and kWidth elements.
template <int kWidth, int kCount, typename T>
__device__ __forceinline__ void load_elements(const T* from, float (&values)[kCount]) {
  constexpr int kStep = kWidth * sizeof(T) > 16 ? static_cast<int>(16 / sizeof(T)) : kWidth;
#pragma unroll
  for (int first = 0; first < kCount; first += kStep) {
    const auto pack = load_vector<Pack<T, kStep>>(from + first);
#pragma unroll
    for (int i = 0; i < kStep; ++i) values[first + i] = widen(pack.elements[i]);
  }
}

template <int kWidth, int kCount, typename T>
__device__ __forceinline__ void store_elements(const float (&values)[kCount], T* to) {
#pragma unroll
  for (int first = 0; first < kCount; first += kWidth) {
    Pack<T, kWidth> pack;
#pragma unroll
    for (int i = 0; i < kWidth; ++i) narrow(values[first + i], pack.elements[i]);
    store_vector(to + first, pack);
  }
}

__device__ __forceinline__ float warp_sum(float value) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(0xffffffffU, value, distance);
  }
  return value;
}

template <int kSlot>
struct WarpSums {
  float of[32];
};

/// The sum over the block, for all its threads. Sums that follow each other take different slots,
/// so that one barrier is enough for each.
template <int kSlot>
__device__ __forceinline__ float block_sum(float value) {
  float* sums = shared_variable<WarpSums<kSlot>>().of;
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  value = warp_sum(value);
  if (lane == 0) sums[warp] = value;
  __syncthreads();
  return warp_sum(lane < blockDim.x / 32 ? sums[lane] : 0.0F);
}

/// The larger of `largest` and |value|; NaN is larger than all.
__device__ __forceinline__ float larger_size(float largest, float value) {
  const float size = fabsf(value);
  return size > largest || size != size ? size : largest;
}

__device__ __forceinline__ float warp_largest(float value) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    value = larger_size(value, __shfl_xor_sync(0xffffffffU, value, distance));
  }
  return value;
}

/// The largest of the block's values, none below 0, for all its threads; as block_sum.
template <int kSlot>
__device__ __forceinline__ float block_largest(float value) {
  float* values = shared_variable<WarpSums<kSlot>>().of;
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  value = warp_largest(value);
  if (lane == 0) values[warp] = value;
  __syncthreads();
  return warp_largest(lane < blockDim.x / 32 ? values[lane] : 0.0F);
}

// ---- On the host ----

/// Elements of 16 bytes.
template <typename T>
constexpr int kPackWidth = static_cast<int>(16 / sizeof(T));

/// Whether rows of `dim` elements can be read and written in vectors of `bytes`.
template <typename T>
bool is_aligned(const void* rows, std::int64_t stride, std::size_t bytes = 16) {
  return reinterpret_cast<std::uintptr_t>(rows) % bytes == 0 &&
         stride * static_cast<std::int64_t>(sizeof(T)) % static_cast<std::int64_t>(bytes) == 0;
}

/// Whole warps, enough that each thread has at most `each` of `items`, and no more than `most`.
inline unsigned threads_for(std::int64_t items, std::int64_t each, std::int64_t most) {
  const std::int64_t warps = (items + 32 * each - 1) / (32 * each);
  return static_cast<unsigned>(32 * warps < most ? 32 * warps : most);
}

struct Launch {
  std::int64_t blocks = 0;
  unsigned threads = 0;
  std::size_t shared_bytes = 0;
  cudaStream_t stream = nullptr;
};

/// Launches kernel(arguments...) unless there are no blocks. Returns a cudaError_t.
template <typename... Parameters, typename... Arguments>
int launch_blocks(const Launch& launch, void (*kernel)(Parameters...),
                  const Arguments&... arguments) {
  if (launch.blocks <= 0) return cudaSuccess;
  if (launch.blocks > 0x7fffffff) return cudaErrorInvalidValue;
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(static_cast<unsigned>(launch.blocks));
  config.blockDim = dim3(launch.threads);
  config.dynamicSmemBytes = launch.shared_bytes;
  config.stream = launch.stream;
  return cudaLaunchKernelEx(&config, kernel, arguments...);
}

}  // namespace zoetrope::kernels
