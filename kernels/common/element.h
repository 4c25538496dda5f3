#pragma once

#include <bit>
#include <cstdint>

namespace zoetrope::kernels {

/// Element types that kernels compute with. Sums and products are fp32 whatever the type.
enum class ElementType { kF32, kBF16 };

/// bfloat16: the upper half of an fp32.
struct Bf16 {
  std::uint16_t bits;
};

inline float to_float(float value) { return value; }
inline float to_float(Bf16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

/// Rounds to nearest, ties to even. NaN stays NaN, which rounding its bits might turn into
/// infinity.
inline Bf16 round_to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
  return {static_cast<std::uint16_t>(value != value ? 0x7fc0U : rounded)};
}

inline void store(float value, float& element) { element = value; }
inline void store(float value, Bf16& element) { element = round_to_bf16(value); }

}  // namespace zoetrope::kernels
