#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace emulator {

/// The value of an IEEE binary16.
inline float half_to_float(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1f;
  const int fraction = bits & 0x3ff;
  const float sign = (bits & 0x8000U) != 0 ? -1.0F : 1.0F;
  if (exponent == 0x1f) return fraction != 0 ? std::nanf("") : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
}

/// The nearest IEEE binary16, ties to even.
inline std::uint16_t float_to_half(float value) {
  const auto sign = static_cast<unsigned>(std::signbit(value)) << 15;
  const float size = std::fabs(value);
  if (size != size) return 0x7fff;
  if (size >= 65520.0F) return static_cast<std::uint16_t>(sign | 0x7c00U);
  if (size < 0x1p-14F) {  // subnormal: units of 2^-24; 1024 of them are the smallest normal
    return static_cast<std::uint16_t>(sign | static_cast<unsigned>(std::nearbyint(size * 0x1p24F)));
  }
  const auto bits = std::bit_cast<std::uint32_t>(size);
  const std::uint32_t rounded = bits + 0xfffU + ((bits >> 13) & 1U) - (112U << 23);
  return static_cast<std::uint16_t>(sign | (rounded >> 13));
}

}  // namespace emulator
