#include "kernels/guided_step/guided_step.h"

#include <limits>

#include "implementation.h"
#include "kernels/rows.h"

namespace zoetrope::kernels::test {
namespace {

/// The tensors of a step, each a row: x, prompted, negative, history, and three results.
class Step {
 public:
  explicit Step(std::int64_t elements, std::int64_t stride)
      : elements_(elements), inputs_(7, elements, stride), results_(3, elements, stride, 2) {
    args_.x = input(0);
    args_.prompted = input(1);
    args_.negative = input(2);
    for (int k = 0; k < 4; ++k) args_.history[k] = input(3 + k);
    args_.next = &results_.at(0, 0);
    args_.kept_start = &results_.at(1, 0);
    args_.kept_prediction = &results_.at(2, 0);
    args_.history_size = 4;
    args_.corrects = true;
    args_.guidance = 4.5F;
    args_.sigma = 0.8F;
    args_.correct = {0.3F, -0.2F, 0.7F, {0.5F, -0.1F, 0.25F, 1.5F}};
    args_.advance = {0.9F, 0.4F, -0.6F, {0.2F, 0.35F, -0.75F, 0.15F}};
  }

  GuidedStepArgs& args() { return args_; }
  std::int64_t elements() const { return elements_; }
  Rows<float>& inputs() { return inputs_; }
  Rows<float>& results() { return results_; }
  float* input(std::int64_t row) { return &inputs_.at(row, 0); }

  /// next, start and prediction of element i by the formula.
  std::vector<double> formula(std::int64_t i) {
    const double x = inputs_.value(0, i), prompted = inputs_.value(1, i);
    const double negative = inputs_.value(2, i);
    const double v =
        args_.negative ? negative + double{args_.guidance} * (prompted - negative) : prompted;
    const double m = x - double{args_.sigma} * v;
    const auto sum = [&](const StepWeights& weights, double start) {
      double total = double{weights.start} * start + double{weights.velocity} * v +
                     double{weights.prediction} * m;
      for (int k = 0; k < args_.history_size; ++k) {
        total += double{weights.history[k]} * inputs_.value(3 + k, i);
      }
      return total;
    };
    const double start = args_.corrects ? sum(args_.correct, x) : x;
    return {sum(args_.advance, start), start, m};
  }

 private:
  std::int64_t elements_;
  Rows<float> inputs_, results_;
  GuidedStepArgs args_;
};

constexpr double kTolerance = 2e-5;  // sums of a dozen values of about 10, some of which cancel

void expect_formula(Step& step) {
  run(step.args(), 0, step.elements());
  for (std::int64_t i = 0; i < step.elements(); ++i) {
    const std::vector<double> expected = step.formula(i);
    for (std::int64_t r = 0; r < 3; ++r) {
      EXPECT_NEAR(step.results().value(r, i), expected[static_cast<std::size_t>(r)], kTolerance);
    }
  }
  step.results().expect_padding_untouched();
}

TEST(GuidedStep, IsItsFormulaForOddSizesAndTouchesNoPadding) {
  for (const auto& [elements, stride] : kSizes) {
    Step step(elements, stride);
    expect_formula(step);
  }
}

TEST(GuidedStep, TakesAnyPartOfItsTerms) {
  for (const bool corrects : {false, true}) {
    for (const bool guided : {false, true}) {
      for (int history = 0; history <= 4; ++history) {
        Step step(40, 48);
        step.args().corrects = corrects;
        if (!guided) step.args().negative = nullptr;
        step.args().history_size = history;
        expect_formula(step);
      }
    }
  }
}

TEST(GuidedStep, OfEulerKeepsNothing) {
  Step step(40, 48);
  GuidedStepArgs& args = step.args();
  args.history_size = 0;
  args.corrects = false;
  args.advance = {1, -0.05F, 0, {}};  // sigma from 0.8 to 0.75
  args.kept_start = args.kept_prediction = nullptr;
  run(args, 0, 40);
  for (std::int64_t i = 0; i < 40; ++i) {
    const double negative = step.inputs().value(2, i);
    const double v = negative + 4.5 * (step.inputs().value(1, i) - negative);
    EXPECT_NEAR(step.results().value(0, i), step.inputs().value(0, i) + (0.75 - 0.8) * v,
                kTolerance);
  }
}

TEST(GuidedStep, MayKeepItsStateWhereItFoundIt) {
  Step apart(70, 72), same(70, 72);
  run(apart.args(), 0, 70);
  GuidedStepArgs args = same.args();
  args.next = same.input(0);
  args.kept_start = same.input(3);
  args.kept_prediction = same.input(6);
  run(args, 0, 70);
  for (std::int64_t i = 0; i < 70; ++i) {
    EXPECT_EQ(same.inputs().value(0, i), apart.results().value(0, i));
    EXPECT_EQ(same.inputs().value(3, i), apart.results().value(1, i));
    EXPECT_EQ(same.inputs().value(6, i), apart.results().value(2, i));
    EXPECT_EQ(same.inputs().value(4, i), apart.inputs().value(4, i));
  }
}

TEST(GuidedStep, ComputesNoElementsButThoseItIsAskedFor) {
  Step step(40, 48);
  run(step.args(), 4, 31);
  Step untouched(40, 48);
  for (std::int64_t i = 0; i < 40; ++i) {
    const double before = untouched.results().value(0, i);
    EXPECT_EQ(step.results().value(0, i) == before, i < 4 || i >= 31) << i;
  }
}

TEST(GuidedStep, ANanSpoilsItsElementAndNoOther) {
  Step step(40, 48);
  step.inputs().at(4, 7) = std::numeric_limits<float>::quiet_NaN();
  run(step.args(), 0, 40);
  for (std::int64_t i = 0; i < 40; ++i) {
    EXPECT_EQ(std::isnan(step.results().value(0, i)), i == 7);
    EXPECT_FALSE(std::isnan(step.results().value(2, i)));
  }
}

}  // namespace
}  // namespace zoetrope::kernels::test
