#pragma once

// Stands in for CUDA's header of this name where kernels are compiled for the emulator.

#include "kernels/emulator/half_bits.h"

struct __half {
  std::uint16_t bits;
};
struct alignas(4) __half2 {
  __half x, y;
};

inline float __half2float(__half value) { return emulator::half_to_float(value.bits); }
inline __half __float2half_rn(float value) { return {emulator::float_to_half(value)}; }
inline __half __float2half(float value) { return __float2half_rn(value); }
inline __half2 __floats2half2_rn(float x, float y) {
  return {__float2half_rn(x), __float2half_rn(y)};
}
