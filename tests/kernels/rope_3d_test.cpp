#include "kernels/rope_3d/rope_3d.h"

#include <limits>

#include "implementation.h"
#include "kernels/rows.h"

namespace zoetrope::kernels::test {
namespace {

/// Heads are rows of a Rows, `head_stride` apart; a token is `heads` of them.
template <typename T>
Rope3dArgs arguments(Rows<T>& x, Rows<float>& cos, Rows<float>& sin, Rows<T>& y, std::int64_t heads,
                     std::int64_t head_stride) {
  Rope3dArgs args;
  args.x = x.data();
  args.cos = cos.data();
  args.sin = sin.data();
  args.y = y.data();
  args.heads = heads;
  args.x_head_stride = args.y_head_stride = head_stride;
  args.x_token_stride = args.y_token_stride = heads * head_stride;
  args.type = TypeOf<T>::kType;
  return args;
}

template <typename T>
class Rope3d : public testing::Test {};
TYPED_TEST_SUITE(Rope3d, ElementTypes);

TYPED_TEST(Rope3d, RotatesAdjacentPairsByTheTokensAnglesAndTouchesNoPadding) {
  const std::pair<std::int64_t, std::int64_t> sizes[] = {{1, 3},    {6, 13},   {6, 16},  {17, 35},
                                                         {64, 129}, {64, 128}, {48, 104}};
  for (const auto& [pairs, stride] : sizes) {
    const std::int64_t heads = 3, tokens = 4;
    Rows<TypeParam> x(tokens * heads, 2 * pairs, stride), y(tokens * heads, 2 * pairs, stride, 3);
    Rows<float> cos(tokens, pairs, pairs, 4), sin(tokens, pairs, pairs, 5);
    auto args = arguments(x, cos, sin, y, heads, stride);
    args.pairs = pairs;
    run(args, 0, tokens);
    for (std::int64_t row = 0; row < tokens * heads; ++row) {
      const std::int64_t l = row / heads;
      for (std::int64_t j = 0; j < pairs; ++j) {
        const double even = x.value(row, 2 * j), odd = x.value(row, 2 * j + 1);
        const double c = cos.value(l, j), s = sin.value(l, j);
        expect_near<TypeParam>(y.value(row, 2 * j), even * c - odd * s);
        expect_near<TypeParam>(y.value(row, 2 * j + 1), even * s + odd * c);
      }
    }
    y.expect_padding_untouched();
  }
}

TYPED_TEST(Rope3d, MayWriteOverItsInput) {
  Rows<TypeParam> x(6, 12, 13), same(6, 12, 13), y(6, 12, 13, 3);
  Rows<float> cos(3, 6, 6, 4), sin(3, 6, 6, 5);
  auto args = arguments(x, cos, sin, y, 2, 13);
  args.pairs = 6;
  run(args, 0, 3);
  args.x = args.y = same.data();
  run(args, 0, 3);
  for (std::int64_t r = 0; r < 6; ++r) {
    for (std::int64_t d = 0; d < 12; ++d) EXPECT_EQ(same.value(r, d), y.value(r, d));
  }
}

TYPED_TEST(Rope3d, ANanSpoilsItsPairAndNoOther) {
  Rows<TypeParam> x(1, 8, 8), y(1, 8, 8, 3);
  Rows<float> cos(1, 4, 4, 4), sin(1, 4, 4, 5);
  store(std::numeric_limits<float>::quiet_NaN(), x.at(0, 3));
  auto args = arguments(x, cos, sin, y, 1, 8);
  args.pairs = 4;
  run(args, 0, 1);
  for (std::int64_t d = 0; d < 8; ++d) EXPECT_EQ(std::isnan(y.value(0, d)), d == 2 || d == 3);
}

}  // namespace
}  // namespace zoetrope::kernels::test
