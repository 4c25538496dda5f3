#include "kernels/rms_norm/rms_norm.h"

#include <limits>

#include "implementation.h"
#include "kernels/rows.h"

namespace zoetrope::kernels::test {
namespace {

constexpr float kEps = 1e-6F;

template <typename T>
RmsNormArgs arguments(Rows<T>& x, Rows<T>& weight, Rows<T>& y, std::int64_t dim,
                      std::int64_t stride) {
  return {x.data(), weight.data(), y.data(), dim, stride, stride, kEps, TypeOf<T>::kType};
}

/// x / sqrt(mean(x^2) + eps) * weight
template <typename T>
std::vector<double> formula(Rows<T>& x, Rows<T>& weight, std::int64_t r, std::int64_t dim) {
  double sum = 0;
  for (std::int64_t d = 0; d < dim; ++d) sum += x.value(r, d) * x.value(r, d);
  std::vector<double> y;
  for (std::int64_t d = 0; d < dim; ++d) {
    y.push_back(x.value(r, d) / std::sqrt(sum / static_cast<double>(dim) + kEps) *
                weight.value(0, d));
  }
  return y;
}

template <typename T>
class RmsNorm : public testing::Test {};
TYPED_TEST_SUITE(RmsNorm, ElementTypes);

/// Runs rows of every size, and expects `after` the formula, and the padding as it was.
template <typename T, typename Run>
void expect_formula(const Run& run_rows, double (*after)(double)) {
  for (const auto& [dim, stride] : kSizes) {
    Rows<T> x(5, dim, stride), weight(1, dim, stride, 2), y(5, dim, stride, 3);
    run_rows(arguments(x, weight, y, dim, stride));
    for (std::int64_t r = 0; r < 5; ++r) {
      const auto expected = formula(x, weight, r, dim);
      for (std::int64_t d = 0; d < dim; ++d) {
        expect_near<T>(y.value(r, d), after(expected[static_cast<std::size_t>(d)]), dim);
      }
    }
    y.expect_padding_untouched();
  }
}

TYPED_TEST(RmsNorm, IsItsFormulaForOddSizesAndTouchesNoPadding) {
  expect_formula<TypeParam>([](const RmsNormArgs& args) { run(args, 0, 5); },
                            [](double normed) { return normed; });
}

TYPED_TEST(RmsNorm, WithSiluIsItsFormulaForOddSizesAndTouchesNoPadding) {
  expect_formula<TypeParam>([](const RmsNormArgs& args) { run_silu(args, 0, 5); },
                            [](double normed) { return normed / (1 + std::exp(-normed)); });
}

TYPED_TEST(RmsNorm, WithSiluKeepsValuesFarFromZeroFiniteAndNanNan) {
  Rows<TypeParam> x(1, 5, 5), weight(1, 5, 5, 2), y(1, 5, 5, 3);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float factors[] = {-1000, 1000, -100, nan, -1e38F};
  for (std::int64_t d = 0; d < 5; ++d) {
    store(1.0F, x.at(0, d));
    store(factors[d], weight.at(0, d));
  }
  run_silu(arguments(x, weight, y, 5, 5), 0, 1);
  EXPECT_NEAR(y.value(0, 0), 0, 1e-30);
  expect_near<TypeParam>(y.value(0, 1), 1000);
  EXPECT_NEAR(y.value(0, 2), 0, 1e-30);
  EXPECT_TRUE(std::isnan(y.value(0, 3)));
  EXPECT_NEAR(y.value(0, 4), 0, 1e-30);
}

TYPED_TEST(RmsNorm, MayWriteOverItsInput) {
  Rows<TypeParam> x(3, 65, 67), same(3, 65, 67), weight(1, 65, 65, 2), y(3, 65, 67, 3);
  run(arguments(x, weight, y, 65, 67), 0, 3);
  run(arguments(same, weight, same, 65, 67), 0, 3);
  for (std::int64_t r = 0; r < 3; ++r) {
    for (std::int64_t d = 0; d < 65; ++d) EXPECT_EQ(same.value(r, d), y.value(r, d));
  }
}

TYPED_TEST(RmsNorm, ComputesOnlyTheRowsAskedFor) {
  Rows<TypeParam> x(4, 9, 9), weight(1, 9, 9, 2), y(4, 9, 9, 3), before(4, 9, 9, 3);
  run(arguments(x, weight, y, 9, 9), 1, 2);
  for (const std::int64_t r : {0, 2, 3}) {
    for (std::int64_t d = 0; d < 9; ++d) EXPECT_EQ(y.value(r, d), before.value(r, d));
  }
  expect_near<TypeParam>(y.value(1, 4), formula(x, weight, 1, 9)[4]);
}

TYPED_TEST(RmsNorm, ANanSpoilsItsRowAndNoOther) {
  Rows<TypeParam> x(2, 33, 33), weight(1, 33, 33, 2), y(2, 33, 33, 3);
  store(std::numeric_limits<float>::quiet_NaN(), x.at(0, 32));
  run(arguments(x, weight, y, 33, 33), 0, 2);
  for (std::int64_t d = 0; d < 33; ++d) {
    EXPECT_TRUE(std::isnan(y.value(0, d)));
    EXPECT_FALSE(std::isnan(y.value(1, d)));
  }
}

}  // namespace
}  // namespace zoetrope::kernels::test
