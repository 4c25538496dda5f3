#include "kernels/qk_norm_rope/qk_norm_rope.h"

#include <limits>

#include "implementation.h"
#include "kernels/rows.h"

namespace zoetrope::kernels::test {
namespace {

constexpr float kEps = 1e-6F;
constexpr std::int64_t kTokens = 3;

struct Shape {
  std::int64_t heads, pairs, stride;  // of q's and k's tokens
};

/// q and k of a few tokens, and what they are normalised and rotated with.
template <typename T>
struct Problem {
  explicit Problem(const Shape& s)
      : shape(s),
        dim(2 * s.heads * s.pairs),
        q(kTokens, dim, s.stride),
        k(kTokens, dim, s.stride, 2),
        weights(2, dim, s.stride, 3),
        cos(kTokens, s.pairs, s.pairs, 4),
        sin(kTokens, s.pairs, s.pairs, 5) {}

  QkNormRopeArgs args() {
    return {q.data(),   k.data(),        &weights.at(0, 0), &weights.at(1, 0), cos.data(),
            sin.data(), shape.heads,     shape.pairs,       shape.stride,      shape.stride,
            kEps,       TypeOf<T>::kType};
  }

  /// Of row `weight` of the weights, for the token whose row `x` had been before.
  void expect_formula(Rows<T>& found, const std::vector<double>& x, std::int64_t l,
                      std::int64_t weight) {
    double squares = 0;
    for (const double value : x) squares += value * value / static_cast<double>(dim);
    std::vector<double> u;
    for (std::int64_t d = 0; d < dim; ++d) {
      const double normal = x[static_cast<std::size_t>(d)] / std::sqrt(squares + kEps);
      u.push_back(normal * weights.value(weight, d));
    }
    for (std::int64_t d = 0; d < dim; d += 2) {
      const std::int64_t j = d / 2 % shape.pairs;
      const double even = u[static_cast<std::size_t>(d)], odd = u[static_cast<std::size_t>(d + 1)];
      const double c = cos.value(l, j), s = sin.value(l, j);
      // Both are rounded before they are rotated.
      const double slack = TypeOf<T>::kTolerance * (std::fabs(even) + std::fabs(odd)) *
                           std::fmax(std::fabs(c), std::fabs(s));
      const auto near = [&](double value, double expected) {
        EXPECT_NEAR(value, expected,
                    slack + TypeOf<T>::kTolerance * std::fmax(1.0, std::fabs(expected)));
      };
      near(found.value(l, d), even * c - odd * s);
      near(found.value(l, d + 1), even * s + odd * c);
    }
  }

  std::vector<double> row(Rows<T>& rows, std::int64_t l) {
    std::vector<double> values;
    for (std::int64_t d = 0; d < dim; ++d) values.push_back(rows.value(l, d));
    return values;
  }

  Shape shape;
  std::int64_t dim;
  Rows<T> q, k, weights;
  Rows<float> cos, sin;
};

template <typename T>
class QkNormRope : public testing::Test {};
TYPED_TEST_SUITE(QkNormRope, ElementTypes);

/// One pair, odd sizes, vectors of 16 bytes that fit a head or not, and more than a block keeps.
constexpr Shape kShapes[] = {{1, 1, 5},    {3, 5, 33},     {3, 6, 40},      {5, 17, 171},
                             {2, 64, 264}, {12, 64, 1544}, {3, 32, 192},    {40, 64, 5120},
                             {7, 48, 675}, {33, 96, 6336}, {260, 64, 33280}};

TYPED_TEST(QkNormRope, IsItsFormulaForOddSizesAndTouchesNoPadding) {
  for (const Shape& shape : kShapes) {
    SCOPED_TRACE(testing::Message() << shape.heads << " heads of " << shape.pairs << " pairs");
    Problem<TypeParam> problem(shape);
    std::vector<std::vector<double>> q, k;
    for (std::int64_t l = 0; l < kTokens; ++l) {
      q.push_back(problem.row(problem.q, l));
      k.push_back(problem.row(problem.k, l));
    }
    run(problem.args(), 0, kTokens);
    for (std::int64_t l = 0; l < kTokens; ++l) {
      problem.expect_formula(problem.q, q[static_cast<std::size_t>(l)], l, 0);
      problem.expect_formula(problem.k, k[static_cast<std::size_t>(l)], l, 1);
    }
    problem.q.expect_padding_untouched();
    problem.k.expect_padding_untouched();
  }
}

TYPED_TEST(QkNormRope, ComputesNoTokensButThoseItIsAskedFor) {
  Problem<TypeParam> problem({2, 8, 32});
  const auto first = problem.row(problem.q, 0), last = problem.row(problem.k, 2);
  run(problem.args(), 1, 2);
  EXPECT_EQ(problem.row(problem.q, 0), first);
  EXPECT_EQ(problem.row(problem.k, 2), last);
}

TYPED_TEST(QkNormRope, ANanSpoilsItsTokenOfItsTensorAndNoOther) {
  Problem<TypeParam> problem({2, 8, 32});
  store(std::numeric_limits<float>::quiet_NaN(), problem.k.at(1, 3));
  run(problem.args(), 0, kTokens);
  for (std::int64_t l = 0; l < kTokens; ++l) {
    for (std::int64_t d = 0; d < problem.dim; ++d) {
      EXPECT_FALSE(std::isnan(problem.q.value(l, d)));
      EXPECT_EQ(std::isnan(problem.k.value(l, d)), l == 1);
    }
  }
}

TEST(QkNormRopeBf16, RoundsBetweenTheNormAndTheRotationAsTheReferenceDoes) {
  Problem<Bf16> problem({1, 1, 2});
  const float x = (1 + 1.0F / 128) / 2;
  for (std::int64_t d = 0; d < 2; ++d) store(x, problem.q.at(0, d));
  problem.cos.at(0, 0) = problem.sin.at(0, 0) = 1;
  store(1 + 1.0F / 128, problem.weights.at(0, 0));
  store(1.0F, problem.weights.at(0, 1));
  QkNormRopeArgs args = problem.args();
  args.eps = 1 - x * x;  // so that nothing is scaled but by the weights
  run(args, 0, 1);
  // u is x (1 + 2^-7) = (1 + 2^-6 + 2^-14) / 2, rounded to (1 + 2^-6) / 2, and x.
  EXPECT_EQ(problem.q.value(0, 0), 1.0 / 256);
}

}  // namespace
}  // namespace zoetrope::kernels::test
