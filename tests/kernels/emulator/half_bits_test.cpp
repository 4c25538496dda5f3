#include "kernels/emulator/half_bits.h"

#include <gtest/gtest.h>

namespace emulator {
namespace {

TEST(HalfBits, HoldEveryValueOfTheirOwn) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = half_to_float(static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) continue;
    ASSERT_EQ(float_to_half(value), bits);
  }
}

TEST(HalfBits, RoundToNearestAndTiesToEven) {
  EXPECT_EQ(half_to_float(float_to_half(1.0F + 0x1p-11F)), 1.0F);
  EXPECT_EQ(half_to_float(float_to_half(1.0F + 3 * 0x1p-11F)), 1.0F + 2 * 0x1p-10F);
  EXPECT_EQ(half_to_float(float_to_half(0x1p-25F)), 0.0F);
  EXPECT_EQ(half_to_float(float_to_half(3 * 0x1p-25F)), 2 * 0x1p-24F);
  EXPECT_EQ(half_to_float(float_to_half(65519.0F)), 65504.0F);
  EXPECT_EQ(half_to_float(float_to_half(65520.0F)), INFINITY);
}

}  // namespace
}  // namespace emulator
