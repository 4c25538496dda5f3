#include "sampling/sampler.h"

#include <cmath>

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

// The scalar test problem of the reference traces: v(x, t) = 0.8 x + 0.3 sin(7 t / 1000) - 0.2.
Tensor test_velocity(const Tensor& x, double timestep) {
  return 0.8 * x + (0.3 * std::sin(7 * timestep / 1000) - 0.2);
}

void expect_trace(const SamplerConfig& config, const std::vector<double>& expected) {
  const auto sampler = make_sampler(config, static_cast<int>(expected.size()));
  Tensor x = at::full({1}, 1.5, at::kFloat);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    x = sampler->step(static_cast<int>(i), x, test_velocity(x, sampler->schedule().timesteps[i]));
    EXPECT_NEAR(x.item<double>(), expected[i], 3e-6) << "after step " << i;
  }
}

// Numbers from running diffusers' schedulers on the same problem.
TEST(UniPcSampler, FollowsTheReferenceTraceOfSixSteps) {
  expect_trace({.flow_shift = 3}, {1.425366, 1.348576, 1.280954, 1.217500, 1.109286, 0.795449});
}

TEST(UniPcSampler, FollowsTheReferenceTraceOfTenSteps) {
  expect_trace({.flow_shift = 5}, {1.474040, 1.445233, 1.413506, 1.377700, 1.338372, 1.295984,
                                   1.250637, 1.194668, 1.074741, 0.774185});
}

TEST(EulerSampler, FollowsTheReferenceTrace) {
  expect_trace({.scheduler = "euler", .flow_shift = 3},
               {1.408234, 1.305865, 1.202300, 1.093217, 0.792973, 0.788927});
}

TEST(UniPcSchedule, HasTheReferenceGrid) {
  const FlowSchedule schedule = unipc_schedule(50, 3, 1000);
  EXPECT_NEAR(schedule.sigmas[0], 0.999999, 1e-7);
  EXPECT_NEAR(schedule.sigmas[1], 0.9932501, 1e-7);
  EXPECT_NEAR(schedule.sigmas[49], 0.0604054, 1e-7);
  EXPECT_EQ(schedule.sigmas[50], 0);
  EXPECT_EQ(schedule.timesteps[0], 999);
  EXPECT_EQ(schedule.timesteps[2], 986);
  EXPECT_EQ(schedule.timesteps[49], 60);
}

TEST(EulerSchedule, ShiftsItsLowEndTwice) {
  const FlowSchedule schedule = euler_schedule(6, 3, 1000);
  const std::vector<double> expected = {1, .9233425, .8189234, .6683267, .4322251, .0089286, 0};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(schedule.sigmas[i], expected[i], 1e-6);
  }
  EXPECT_EQ(schedule.timesteps[0], 1000);
}

TEST(Samplers, EndOnTheCleanDataOfAPerfectModelInOneStep) {
  // With v = noise - x0 every first-order step to sigma 0 lands on x0.
  const Tensor x0 = at::randn({2, 3}), noise = at::randn({2, 3});
  for (const char* name : {"unipc", "euler"}) {
    const auto sampler = make_sampler({.scheduler = name, .flow_shift = 3}, 1);
    EXPECT_TRUE(at::allclose(sampler->step(0, noise, noise - x0), x0, 1e-4, 1e-4)) << name;
  }
}

}  // namespace
}  // namespace zoetrope
