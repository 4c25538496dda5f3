// Emulator and kernels could share one misconception of how fragments lie in registers. NVIDIA's
// own statement of it is in CUTLASS 4.2 as layouts, of which only the numbers are repeated here.

#include "kernels/emulator/fragments.h"

#include <bit>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/common/element.h"
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/half_bits.h"
#include "kernels/emulator/layout.h"

namespace emulator::test {
namespace {

// cute/atom/mma_traits_sm80.hpp, SM80_16x8x16_F16F16F16F16_TN, from which those of bf16 and of fp32
// sums are derived: thread and value to m + 16 k, n + 8 k, m + 16 n.
const Layout kThreadA{{4, 8}, {32, 1}}, kValueA{{2, 2, 2}, {16, 8, 128}};
const Layout kThreadB{{4, 8}, {16, 1}}, kValueB{{2, 2}, {8, 64}};
const Layout kThreadC{{4, 8}, {32, 1}}, kValueC{{2, 2}, {16, 8}};

// cute/atom/copy_traits_sm75.hpp, SM75_U32x4_LDSM_N and SM75_U16x8_LDSM_T: thread and bit to bit of
// the rows, in units of 16 bits.
const Layout kThreadRows{{32}, {2}}, kValueRows{{2, 4}, {1, 64}};
const Layout kThreadColumns{{4, 8}, {16, 1}}, kValueColumns{{2, 4}, {8, 64}};

/// Whole numbers, which every type and sum here holds exactly.
float number(unsigned index, unsigned factor) {
  return static_cast<float>(index * factor % 13) - 6;
}

unsigned pack(float low, float high, bool half) {
  const auto bits = [&](float value) -> unsigned {
    return half ? float_to_half(value) : zoetrope::kernels::round_to_bf16(value).bits;
  };
  return bits(low) | bits(high) << 16;
}

TEST(Fragments, OfMmaLieAsInCutlass) {
  for (const bool half : {false, true}) {
    std::vector<unsigned> a(32 * 4), b(32 * 2);
    std::vector<float> c(32 * 4, 1.0F);
    for (unsigned lane = 0; lane < 32; ++lane) {
      for (unsigned r = 0; r < 4; ++r) {
        const unsigned index = kThreadA(lane);
        a[4 * lane + r] =
            pack(number(index + kValueA(2 * r), 7), number(index + kValueA(2 * r + 1), 7), half);
      }
      for (unsigned r = 0; r < 2; ++r) {
        const unsigned index = kThreadB(lane);
        b[2 * lane + r] =
            pack(number(index + kValueB(2 * r), 5), number(index + kValueB(2 * r + 1), 5), half);
      }
    }
    Emulation emulation;
    emulation.allow(a.data(), a.size() * 4, Use::kInput);
    emulation.allow(b.data(), b.size() * 4, Use::kInput);
    emulation.allow(c.data(), c.size() * 4, Use::kInOut);
    multiply_fragments(a.data(), b.data(), c.data(), half);
    EXPECT_TRUE(emulation.reports().empty());
    for (unsigned lane = 0; lane < 32; ++lane) {
      for (unsigned v = 0; v < 4; ++v) {
        const unsigned index = kThreadC(lane) + kValueC(v), m = index % 16, n = index / 16;
        float expected = 1;
        for (unsigned k = 0; k < 16; ++k) expected += number(m + 16 * k, 7) * number(n + 8 * k, 5);
        EXPECT_EQ(c[4 * lane + v], expected) << "lane " << lane << " value " << v;
      }
    }
  }
}

TEST(Fragments, OfLdmatrixLieAsInCutlass) {
  for (const bool transposed : {false, true}) {
    std::vector<unsigned> rows(32 * 4), registers(32 * 4);
    for (unsigned i = 0; i < rows.size(); ++i) rows[i] = 2 * i | (2 * i + 1) << 16;
    Emulation emulation;
    emulation.allow(rows.data(), rows.size() * 4, Use::kInput);
    emulation.allow(registers.data(), registers.size() * 4, Use::kOutput);
    load_fragments(rows.data(), registers.data(), transposed);
    EXPECT_TRUE(emulation.reports().empty());
    for (unsigned lane = 0; lane < 32; ++lane) {
      for (unsigned v = 0; v < 8; ++v) {
        const unsigned found = registers[4 * lane + v / 2] >> 16 * (v % 2) & 0xffffU;
        const unsigned expected = transposed ? kThreadColumns(lane) + kValueColumns(v)
                                             : kThreadRows(lane) + kValueRows(v);
        EXPECT_EQ(found, expected) << "lane " << lane << " value " << v;
      }
    }
  }
}

}  // namespace
}  // namespace emulator::test
