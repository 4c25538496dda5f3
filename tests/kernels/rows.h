#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/common/element.h"

namespace zoetrope::kernels::test {

template <typename T>
struct TypeOf;
template <>
struct TypeOf<float> {
  static constexpr ElementType kType = ElementType::kF32;
  static constexpr double kTolerance = 3e-6;  // of values around 1 and sums of a few hundred
};
template <>
struct TypeOf<Bf16> {
  static constexpr ElementType kType = ElementType::kBF16;
  static constexpr double kTolerance = 1.0 / 256 + 3e-6;  // half a unit in the last of 8 bits
};

inline constexpr float kPadding = -77;

/// Rows of `dim` random elements that begin at an odd element and are `stride` apart; everything
/// between them is padding that a kernel must not touch.
template <typename T>
class Rows {
 public:
  Rows(std::int64_t rows, std::int64_t dim, std::int64_t stride, unsigned seed = 1)
      : rows_(rows), dim_(dim), stride_(stride), elements_(1 + rows * stride) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.5F, 1.5F);
    for (T& element : elements_) store(kPadding, element);
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t d = 0; d < dim; ++d) store(normal(random), at(r, d));
    }
  }

  T* data() { return elements_.data() + 1; }
  T& at(std::int64_t r, std::int64_t d) { return data()[r * stride_ + d]; }
  double value(std::int64_t r, std::int64_t d) { return to_float(at(r, d)); }

  void expect_padding_untouched() {
    EXPECT_EQ(to_float(elements_[0]), kPadding) << "before the first row";
    for (std::int64_t r = 0; r < rows_; ++r) {
      for (std::int64_t d = dim_; d < stride_; ++d) {
        ASSERT_EQ(to_float(at(r, d)), kPadding) << "row " << r << " element " << d;
      }
    }
  }

 private:
  std::int64_t rows_, dim_, stride_;
  std::vector<T> elements_;
};

/// Relative to values of at least 1.
template <typename T>
void expect_near(double found, double expected) {
  EXPECT_NEAR(found, expected, TypeOf<T>::kTolerance * std::fmax(1.0, std::fabs(expected)));
}

using ElementTypes = testing::Types<float, Bf16>;

}  // namespace zoetrope::kernels::test
