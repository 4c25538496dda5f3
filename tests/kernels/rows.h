#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
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

/// Odd sizes, sizes of which whole vectors of 16 bytes can be made, and rows too long for a block
/// to keep. A stride that is a multiple of 8 makes aligned rows.
inline constexpr std::pair<std::int64_t, std::int64_t> kSizes[] = {
    {1, 4}, {7, 10},  {24, 27}, {129, 132},   {1537, 1540}, {4357, 4357},
    {8, 8}, {24, 32}, {30, 32}, {1536, 1544}, {4104, 4104}, {33280, 33280}};

/// Rows of `dim` random elements that are `stride` apart; everything between them is padding that a
/// kernel must not touch. They begin at an odd element, or, where the stride is a multiple of 8, at
/// a multiple of 256 bytes as cudaMalloc gives it.
template <typename T>
class Rows {
 public:
  Rows(std::int64_t rows, std::int64_t dim, std::int64_t stride, unsigned seed = 1)
      : rows_(rows), dim_(dim), stride_(stride), elements_(1 + 256 / sizeof(T) + rows * stride) {
    const auto address = reinterpret_cast<std::uintptr_t>(elements_.data());
    first_ = stride % 8 == 0 ? static_cast<std::int64_t>((256 - address % 256) / sizeof(T)) : 1;
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.5F, 1.5F);
    for (T& element : elements_) store(kPadding, element);
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t d = 0; d < dim; ++d) store(normal(random), at(r, d));
    }
  }

  T* data() { return elements_.data() + first_; }
  T& at(std::int64_t r, std::int64_t d) { return data()[r * stride_ + d]; }
  double value(std::int64_t r, std::int64_t d) { return to_float(at(r, d)); }

  void expect_padding_untouched() {
    EXPECT_EQ(to_float(data()[-1]), kPadding) << "before the first row";
    for (std::int64_t r = 0; r < rows_; ++r) {
      for (std::int64_t d = dim_; d < stride_; ++d) {
        ASSERT_EQ(to_float(at(r, d)), kPadding) << "row " << r << " element " << d;
      }
    }
  }

 private:
  std::int64_t rows_, dim_, stride_, first_;
  std::vector<T> elements_;
};

/// Relative to values of at least 1. summed: how many elements a row's sum has; one after the
/// other, as where the compiler makes no vectors of them, long sums are rounded more often.
template <typename T>
void expect_near(double found, double expected, std::int64_t summed = 0) {
  const double tolerance = TypeOf<T>::kTolerance + 3e-9 * static_cast<double>(summed);
  EXPECT_NEAR(found, expected, tolerance * std::fmax(1.0, std::fabs(expected)));
}

using ElementTypes = testing::Types<float, Bf16>;

}  // namespace zoetrope::kernels::test
