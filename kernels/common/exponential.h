#pragma once

#include <bit>
#include <cstdint>

namespace zoetrope::kernels {

/// 2^x, within 2e-7 of it, for x <= 127; NaN for NaN, 0 below the normal numbers. Without branches,
/// so that loops over it are vectorised.
inline float power_of_two(float x) {
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: has no bits behind the point
  const float bounded = x < -126.0F ? -126.0F : x;
  const float whole = (bounded + kRound) - kRound;
  const float t = bounded - whole;  // in [-0.5, 0.5]
  // The Taylor series of exp(t * log(2)).
  float series = 1.54035304e-4F;
  series = series * t + 1.33335581e-3F;
  series = series * t + 9.61812911e-3F;
  series = series * t + 5.55041087e-2F;
  series = series * t + 2.40226507e-1F;
  series = series * t + 6.93147181e-1F;
  series = series * t + 1.0F;
  const auto exponent = static_cast<std::int32_t>(whole == whole ? whole : 0.0F) + 127;
  const float power = std::bit_cast<float>(exponent << 23);
  return x < -126.0F ? 0.0F : series * power;
}

/// x / (1 + 2^exponent), x times a sigmoid; 0 where the power is too large for it to matter.
inline float over_one_plus_power(float x, float exponent) {
  const float bounded = exponent > 126.0F ? 126.0F : exponent;
  const float quotient = x / (1.0F + power_of_two(bounded));
  return exponent > 126.0F ? 0.0F : quotient;
}

constexpr float kLog2OfE = 1.44269504F;

}  // namespace zoetrope::kernels
