#include "kernels/layer_norm_modulate/layer_norm_modulate.h"

#include <algorithm>
#include <limits>

#include "implementation.h"
#include "kernels/rows.h"

namespace zoetrope::kernels::test {
namespace {

constexpr float kEps = 1e-6F;

template <typename T>
LayerNormModulateArgs arguments(Rows<T>& x, Rows<float>& scale, Rows<float>& shift, Rows<T>& y,
                                std::int64_t dim, std::int64_t stride) {
  LayerNormModulateArgs args;
  args.x = x.data();
  args.scale = scale.data();
  args.shift = shift.data();
  args.y = y.data();
  args.dim = dim;
  args.x_stride = args.y_stride = stride;
  args.eps = kEps;
  args.type = TypeOf<T>::kType;
  return args;
}

/// (x - mean) / sqrt(variance + eps) * scale + shift, with row `m` of scale and shift.
template <typename T>
void expect_formula(Rows<T>& x, Rows<float>& scale, Rows<float>& shift, Rows<T>& y, std::int64_t r,
                    std::int64_t m, std::int64_t dim) {
  double mean = 0, variance = 0;
  for (std::int64_t d = 0; d < dim; ++d) mean += x.value(r, d) / static_cast<double>(dim);
  for (std::int64_t d = 0; d < dim; ++d) {
    variance += std::pow(x.value(r, d) - mean, 2) / static_cast<double>(dim);
  }
  for (std::int64_t d = 0; d < dim; ++d) {
    const double normal = (x.value(r, d) - mean) / std::sqrt(variance + kEps);
    expect_near<T>(y.value(r, d), normal * scale.value(m, d) + shift.value(m, d), dim);
  }
}

template <typename T>
class LayerNormModulate : public testing::Test {};
TYPED_TEST_SUITE(LayerNormModulate, ElementTypes);

TYPED_TEST(LayerNormModulate, IsItsFormulaForOddSizesAndTouchesNoPadding) {
  for (const auto& [dim, stride] : kSizes) {
    if (dim == 1) continue;  // its normalised value is 0 / 0 but for eps
    Rows<TypeParam> x(5, dim, stride), y(5, dim, stride, 3);
    Rows<float> scale(1, dim, stride, 4), shift(1, dim, stride, 5);
    run(arguments(x, scale, shift, y, dim, stride), 0, 5);
    for (std::int64_t r = 0; r < 5; ++r) expect_formula(x, scale, shift, y, r, 0, dim);
    y.expect_padding_untouched();
  }
}

TYPED_TEST(LayerNormModulate, TakesOneScaleAndShiftARowWhereTheyHaveAStride) {
  Rows<TypeParam> x(4, 31, 31), y(4, 31, 31, 3);
  Rows<float> scale(4, 31, 35, 4), shift(4, 31, 33, 5);
  auto args = arguments(x, scale, shift, y, 31, 31);
  args.scale_stride = 35;
  args.shift_stride = 33;
  run(args, 0, 4);
  for (std::int64_t r = 0; r < 4; ++r) expect_formula(x, scale, shift, y, r, r, 31);
}

TYPED_TEST(LayerNormModulate, MayWriteOverItsInput) {
  Rows<TypeParam> x(3, 65, 67), same(3, 65, 67), y(3, 65, 67, 3);
  Rows<float> scale(1, 65, 65, 4), shift(1, 65, 65, 5);
  run(arguments(x, scale, shift, y, 65, 67), 0, 3);
  run(arguments(same, scale, shift, same, 65, 67), 0, 3);
  for (std::int64_t r = 0; r < 3; ++r) {
    for (std::int64_t d = 0; d < 65; ++d) EXPECT_EQ(same.value(r, d), y.value(r, d));
  }
}

TEST(LayerNormModulateF32, KeepsItsPrecisionWhereTheMeanIsLarge) {
  Rows<float> x(1, 100, 100), y(1, 100, 100, 3), scale(1, 100, 100, 4), shift(1, 100, 100, 5);
  // Mean 4096.5 and variance 0.25, both exact: a one-pass variance would be lost in 4096^2.
  for (std::int64_t d = 0; d < 100; ++d) x.at(0, d) = d % 2 == 0 ? 4096.0F : 4097.0F;
  run(arguments(x, scale, shift, y, 100, 100), 0, 1);
  expect_formula(x, scale, shift, y, 0, 0, 100);
}

TYPED_TEST(LayerNormModulate, ANanSpoilsItsRowAndNoOther) {
  Rows<TypeParam> x(2, 33, 33), y(2, 33, 33, 3);
  Rows<float> scale(1, 33, 33, 4), shift(1, 33, 33, 5);
  store(std::numeric_limits<float>::quiet_NaN(), x.at(0, 32));
  run(arguments(x, scale, shift, y, 33, 33), 0, 2);
  for (std::int64_t d = 0; d < 33; ++d) {
    EXPECT_TRUE(std::isnan(y.value(0, d)));
    EXPECT_FALSE(std::isnan(y.value(1, d)));
  }
}

/// int8 rows at multiples of 256 bytes, and a scale for each; all -77 before.
struct Int8Rows {
  Int8Rows(std::int64_t rows, std::int64_t apart)
      : stride(apart),
        elements(static_cast<std::size_t>(rows * apart) + 256, -77),
        scales(static_cast<std::size_t>(rows), -77) {}
  std::int8_t* data() {
    const auto address = reinterpret_cast<std::uintptr_t>(elements.data());
    return elements.data() + (256 - address % 256) % 256;
  }
  int at(std::int64_t r, std::int64_t d) { return data()[r * stride + d]; }

  std::int64_t stride;
  std::vector<std::int8_t> elements;
  std::vector<float> scales;
};

template <typename T>
LayerNormQuantiseArgs quantising(LayerNormModulateArgs norm, Int8Rows& y) {
  norm.y = y.data();
  norm.y_stride = y.stride;
  return {norm, y.scales.data()};
}

/// Each value is the nearest of 255 steps between the row's largest and its negative.
TYPED_TEST(LayerNormModulate, QuantisesARowByItsLargestValue) {
  for (const auto& [dim, stride] : {std::pair{8, 16}, {1536, 1544}, {33280, 33280}}) {
    Rows<TypeParam> x(3, dim, stride), unused(1, 8, 8);
    Rows<float> scale(1, dim, stride, 4), shift(1, dim, stride, 5), exact(3, dim, stride, 6);
    Rows<float> wide(3, dim, stride);
    for (std::int64_t r = 0; r < 3; ++r) {
      for (std::int64_t d = 0; d < dim; ++d) wide.at(r, d) = static_cast<float>(x.value(r, d));
    }
    run(arguments(wide, scale, shift, exact, dim, stride), 0, 3);  // shown to be right above
    Int8Rows y(3, stride);
    run(quantising<TypeParam>(arguments(x, scale, shift, unused, dim, stride), y), 0, 3);
    for (std::int64_t r = 0; r < 3; ++r) {
      double largest = 0;
      for (std::int64_t d = 0; d < dim; ++d)
        largest = std::max(largest, std::fabs(exact.value(r, d)));
      const double step = y.scales[static_cast<std::size_t>(r)];
      EXPECT_NEAR(step, largest / 127, 1e-5 * largest);
      for (std::int64_t d = 0; d < dim; ++d) {
        ASSERT_NEAR(y.at(r, d) * step, exact.value(r, d), 0.5 * step * 1.001) << r << ", " << d;
      }
      for (std::int64_t d = dim; d < stride; ++d) ASSERT_EQ(y.at(r, d), -77);
    }
  }
}

TYPED_TEST(LayerNormModulate, QuantisesZerosToZerosAndSaysWhereANanWas) {
  Rows<TypeParam> x(3, 64, 64), unused(1, 8, 8);
  Rows<float> scale(1, 64, 64, 4), shift(1, 64, 64, 5);
  for (std::int64_t d = 0; d < 64; ++d) {
    store(1, x.at(0, d));  // without variance only the shift is left
    shift.at(0, d) = 0;
  }
  store(std::numeric_limits<float>::quiet_NaN(), x.at(1, 63));
  Int8Rows y(3, 64);
  run(quantising<TypeParam>(arguments(x, scale, shift, unused, 64, 64), y), 0, 3);
  EXPECT_EQ(y.scales[0], 0);
  EXPECT_TRUE(std::isnan(y.scales[1]));
  EXPECT_GT(y.scales[2], 0);
  for (std::int64_t d = 0; d < 64; ++d) {
    EXPECT_EQ(y.at(0, d), 0);
    EXPECT_EQ(y.at(1, d), 0);
  }
}

}  // namespace
}  // namespace zoetrope::kernels::test
