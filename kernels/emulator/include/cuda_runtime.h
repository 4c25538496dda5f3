#pragma once

// Stands in for CUDA's header of this name where kernels are compiled for the emulator.

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>

#include "kernels/emulator/device.h"
#include "kernels/emulator/include/vector_types.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __grid_constant__
// A plain declaration would become a stack array of each thread. Use shared_variable<T>() or
// dynamic_shared_memory() of cuda_device.h.
#define __shared__ use_shared_variable_of_cuda_device_h

extern uint3 threadIdx;
extern uint3 blockIdx;
extern dim3 blockDim;
extern dim3 gridDim;
constexpr int warpSize = 32;

// ---- Host ----

using cudaStream_t = struct CUstream_st*;

enum cudaError_t { cudaSuccess = 0, cudaErrorInvalidValue = 1, cudaErrorInvalidConfiguration = 9 };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
struct cudaLaunchAttribute {};

struct cudaLaunchConfig_t {
  dim3 gridDim;
  dim3 blockDim;
  std::size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
  cudaLaunchAttribute* attrs = nullptr;
  unsigned numAttrs = 0;
};

template <typename... Parameters>
cudaError_t cudaFuncSetAttribute(void (*)(Parameters...), cudaFuncAttribute, int) {
  return cudaSuccess;
}

template <typename... Parameters, typename... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  struct Closure {
    void (*kernel)(Parameters...);
    std::tuple<std::decay_t<Parameters>...> arguments;
  };
  const Closure closure{kernel, {arguments...}};
  const auto invoke = [](const void* pointer) {
    const auto* from = static_cast<const Closure*>(pointer);
    std::apply(from->kernel, from->arguments);
  };
  const dim3 g = config->gridDim, b = config->blockDim;
  const bool launched =
      emulator::launch({{g.x, g.y, g.z}, {b.x, b.y, b.z}, config->dynamicSmemBytes}, invoke,
                       &closure, sizeof closure);
  return launched ? cudaSuccess : cudaErrorInvalidConfiguration;
}

// ---- Synchronisation ----

inline void __syncthreads() { emulator::block_barrier(); }
inline void __syncwarp(unsigned mask = 0xffffffffU) { emulator::warp_barrier(mask); }
inline void __threadfence() {}
inline void __threadfence_block() {}

// ---- Warps ----

namespace emulator {

inline int lane() {
  return static_cast<int>(((threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x) %
                          32U);
}

template <typename T>
T shuffle_value(unsigned mask, T value, int source) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = shuffle(mask, bits, source);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace emulator

template <typename T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
  const int first = emulator::lane() & ~(width - 1);
  return emulator::shuffle_value(mask, value, first + (source & (width - 1)));
}

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32) {
  const int lane = emulator::lane(), source = lane ^ bits;
  return emulator::shuffle_value(mask, value, source / width > lane / width ? lane : source);
}

template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  const int lane = emulator::lane(), source = lane - static_cast<int>(delta);
  return emulator::shuffle_value(mask, value, source < (lane & ~(width - 1)) ? lane : source);
}

template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  const int lane = emulator::lane(), source = lane + static_cast<int>(delta);
  return emulator::shuffle_value(mask, value, source > (lane | (width - 1)) ? lane : source);
}

inline unsigned __ballot_sync(unsigned mask, int predicate) {
  return emulator::ballot(mask, predicate != 0);
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, !predicate) == 0; }

// ---- Atomics: one fiber runs at a time, so the plain operation is one. ----

namespace emulator {

template <typename T, typename Operation>
T atomic_update(T* address, Operation operation) {
  T before;
  fetch(address, &before, sizeof before, Access::kAtomic);
  const T after = operation(before);
  put(address, &after, sizeof after, Access::kAtomic);
  return before;
}

}  // namespace emulator

template <typename T>
T atomicAdd(T* address, std::type_identity_t<T> value) {
  return emulator::atomic_update(address, [&](T before) { return static_cast<T>(before + value); });
}
template <typename T>
T atomicMax(T* address, std::type_identity_t<T> value) {
  return emulator::atomic_update(address,
                                 [&](T before) { return before < value ? value : before; });
}
template <typename T>
T atomicExch(T* address, std::type_identity_t<T> value) {
  return emulator::atomic_update(address, [&](T) { return value; });
}
template <typename T>
T atomicCAS(T* address, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  return emulator::atomic_update(address,
                                 [&](T before) { return before == expected ? value : before; });
}

// ---- Arithmetic ----

inline float rsqrtf(float x) { return 1.0F / std::sqrt(x); }
inline float __expf(float x) { return std::exp(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline int __float2int_rn(float x) { return static_cast<int>(std::nearbyint(x)); }
inline float __uint_as_float(unsigned bits) { return std::bit_cast<float>(bits); }
inline unsigned __float_as_uint(float value) { return std::bit_cast<unsigned>(value); }
inline int __popc(unsigned bits) { return std::popcount(bits); }
