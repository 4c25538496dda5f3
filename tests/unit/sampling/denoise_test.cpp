#include "sampling/denoise.h"

#include <limits>

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace zoetrope {
namespace {

// v = a x + text, so that prompt and negative prompt can be told apart.
class LinearDenoiser : public Denoiser {
 public:
  std::vector<Tensor> velocities(const Tensor& latents, double,
                                 const std::vector<Condition>& conditions) const override {
    std::vector<Tensor> result;
    for (const Condition& condition : conditions) {
      ++calls;
      result.push_back(0.5 * latents + condition.text);
    }
    return result;
  }
  mutable int calls = 0;
};

Condition constant(double value) { return {at::full({1}, value)}; }

TEST(GuidedVelocity, GoesFromTheNegativeThroughThePrompt) {
  const Tensor v =
      guided_velocity(LinearDenoiser(), at::zeros({1}), 500, {constant(3), constant(1), 4});
  EXPECT_FLOAT_EQ(v.item<float>(), 1 + 4 * (3 - 1));
}

TEST(GuidedVelocity, AsksTheModelOnceWithoutGuidance) {
  const LinearDenoiser model;
  guided_velocity(model, at::zeros({1}), 500, {constant(3), std::nullopt, 1});
  EXPECT_EQ(model.calls, 1);
}

TEST(Denoise, ReportsEveryStep) {
  std::vector<std::int64_t> done;
  RunHooks hooks;
  hooks.on_progress = [&](const Progress& progress) { done.push_back(progress.done); };
  const auto sampler = make_sampler({.flow_shift = 3}, 3);
  const Denoised result =
      denoise(LinearDenoiser(), {at::ones({4})}, {constant(0), std::nullopt, 1}, *sampler, hooks);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(done, (std::vector<std::int64_t>{0, 1, 2, 3}));
}

TEST(Denoise, StopsAfterTheCurrentStep) {
  int asked = 0;
  RunHooks hooks;
  hooks.stop_requested = [&] { return ++asked > 2; };
  const auto sampler = make_sampler({.flow_shift = 3}, 5);
  const Denoised result =
      denoise(LinearDenoiser(), {at::ones({4})}, {constant(0), std::nullopt, 1}, *sampler, hooks);
  EXPECT_FALSE(result.complete);
  EXPECT_EQ(result.steps_done, 2);
}

TEST(Denoise, NamesTheStepAtWhichNaNAppears) {
  const auto sampler = make_sampler({.flow_shift = 3}, 5);
  const Guidance nan{constant(std::numeric_limits<double>::quiet_NaN()), std::nullopt, 1};
  EXPECT_ERROR(denoise(LinearDenoiser(), {at::ones({4})}, nan, *sampler, {}), ErrorCode::kNumerical,
               "after step 1 of 5");
}

}  // namespace
}  // namespace zoetrope
