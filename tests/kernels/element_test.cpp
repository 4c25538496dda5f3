#include "kernels/common/element.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace zoetrope::kernels {
namespace {

TEST(Bf16, HoldsEveryValueOfItsOwn) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = to_float(Bf16{static_cast<std::uint16_t>(bits)});
    if (std::isnan(value)) continue;
    ASSERT_EQ(round_to_bf16(value).bits, bits);
  }
}

TEST(Bf16, RoundsToNearestAndTiesToEven) {
  EXPECT_EQ(to_float(round_to_bf16(1.0F + 1.0F / 512)), 1.0F);
  EXPECT_EQ(to_float(round_to_bf16(1.0F + 3.0F / 256)), 1.0F + 4.0F / 256);
  EXPECT_EQ(to_float(round_to_bf16(1.0F + 1.01F / 256)), 1.0F + 2.0F / 256);
}

TEST(Bf16, KeepsNanAndInfinity) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(to_float(round_to_bf16(-infinity)), -infinity);
  EXPECT_EQ(to_float(round_to_bf16(std::numeric_limits<float>::max())), infinity);
  EXPECT_TRUE(std::isnan(to_float(round_to_bf16(std::bit_cast<float>(0x7f800001U)))));
  EXPECT_TRUE(std::isnan(to_float(round_to_bf16(std::bit_cast<float>(0xffffffffU)))));
}

}  // namespace
}  // namespace zoetrope::kernels
