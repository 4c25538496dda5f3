#include "kernels/gated_residual/gated_residual.h"

#include <limits>

#include "implementation.h"
#include "kernels/rows.h"

namespace zoetrope::kernels::test {
namespace {

template <typename T>
GatedResidualArgs arguments(Rows<T>& x, Rows<T>& branch, Rows<float>& gate, Rows<T>& y,
                            std::int64_t dim, std::int64_t stride) {
  GatedResidualArgs args;
  args.x = x.data();
  args.branch = branch.data();
  args.gate = gate.data();
  args.y = y.data();
  args.dim = dim;
  args.x_stride = args.branch_stride = args.y_stride = stride;
  args.type = TypeOf<T>::kType;
  return args;
}

template <typename T>
class GatedResidual : public testing::Test {};
TYPED_TEST_SUITE(GatedResidual, ElementTypes);

TYPED_TEST(GatedResidual, IsItsFormulaForOddSizesAndTouchesNoPadding) {
  for (const auto& [dim, stride] : kSizes) {
    Rows<TypeParam> x(3, dim, stride), branch(3, dim, stride, 2), y(3, dim, stride, 3);
    Rows<float> gate(1, dim, stride, 4);
    run(arguments(x, branch, gate, y, dim, stride), 0, 3);
    for (std::int64_t r = 0; r < 3; ++r) {
      for (std::int64_t d = 0; d < dim; ++d) {
        expect_near<TypeParam>(y.value(r, d),
                               x.value(r, d) + gate.value(0, d) * branch.value(r, d));
      }
    }
    y.expect_padding_untouched();
  }
}

TEST(GatedResidualBf16, RoundsOnce) {
  Rows<Bf16> x(1, 1, 1), branch(1, 1, 1), y(1, 1, 1);
  Rows<float> gate(1, 1, 1);
  // The product 1 + 2^-8 lies between two bf16 values; rounding it first would lose the 2^-8.
  store(-1.0F, x.at(0, 0));
  store(1.0F, branch.at(0, 0));
  gate.at(0, 0) = 1.0F + 1.0F / 256;
  run(arguments(x, branch, gate, y, 1, 1), 0, 1);
  EXPECT_EQ(y.value(0, 0), 1.0 / 256);
}

TYPED_TEST(GatedResidual, MayWriteOverEitherInputAndTakesOneGateARow) {
  Rows<TypeParam> x(4, 31, 31), branch(4, 31, 31, 2), y(4, 31, 31, 3);
  Rows<TypeParam> same_x(4, 31, 31), same_branch(4, 31, 31, 2);
  Rows<float> gate(4, 31, 33, 4);
  auto args = arguments(x, branch, gate, y, 31, 31);
  args.gate_stride = 33;
  run(args, 0, 4);
  args.x = args.y = same_x.data();
  run(args, 0, 4);
  args.x = x.data();
  args.branch = args.y = same_branch.data();
  run(args, 0, 4);
  for (std::int64_t r = 0; r < 4; ++r) {
    for (std::int64_t d = 0; d < 31; ++d) {
      expect_near<TypeParam>(y.value(r, d), x.value(r, d) + gate.value(r, d) * branch.value(r, d));
      EXPECT_EQ(same_x.value(r, d), y.value(r, d));
      EXPECT_EQ(same_branch.value(r, d), y.value(r, d));
    }
  }
}

TYPED_TEST(GatedResidual, ANanStaysWhereItIs) {
  Rows<TypeParam> x(1, 20, 20), branch(1, 20, 20, 2), y(1, 20, 20, 3);
  Rows<float> gate(1, 20, 20, 4);
  store(std::numeric_limits<float>::quiet_NaN(), branch.at(0, 7));
  run(arguments(x, branch, gate, y, 20, 20), 0, 1);
  for (std::int64_t d = 0; d < 20; ++d) EXPECT_EQ(std::isnan(y.value(0, d)), d == 7);
}

}  // namespace
}  // namespace zoetrope::kernels::test
