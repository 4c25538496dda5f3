#include "sampling/flow_schedule.h"

#include <cmath>

#include "core/check.h"

namespace zoetrope {
namespace {

// Value i of `count` equally spaced ones from `first` to `last`.
double spaced(double first, double last, int count, int i) {
  return count == 1 ? first : first + (last - first) * i / (count - 1);
}

}  // namespace

double shift_sigma(double sigma, double shift) { return shift * sigma / (1 + (shift - 1) * sigma); }

FlowSchedule unipc_schedule(int steps, double shift, int train_timesteps) {
  ZOETROPE_CHECK(steps >= 1);
  constexpr double kBelowOne = 1e-6;
  FlowSchedule schedule;
  for (int i = 0; i < steps; ++i) {
    double sigma = shift_sigma(spaced(1, 1.0 / train_timesteps, steps + 1, i), shift);
    if (i == 0 && std::abs(sigma - 1) < kBelowOne) sigma -= kBelowOne;
    schedule.sigmas.push_back(static_cast<float>(sigma));
    schedule.timesteps.push_back(std::trunc(sigma * train_timesteps));
  }
  schedule.sigmas.push_back(0);
  return schedule;
}

FlowSchedule euler_schedule(int steps, double shift, int train_timesteps) {
  ZOETROPE_CHECK(steps >= 1);
  // The reference keeps the ends of its first table in fp32.
  const auto n = static_cast<float>(train_timesteps);
  const auto k = static_cast<float>(shift);
  const auto end = [&](float sigma) { return k * sigma / (1 + (k - 1) * sigma); };
  const double highest = static_cast<double>(end(1.0f)) * train_timesteps;
  const double lowest = static_cast<double>(end(1.0f / n)) * train_timesteps;

  FlowSchedule schedule;
  for (int i = 0; i < steps; ++i) {
    const double sigma = shift_sigma(spaced(highest, lowest, steps, i) / train_timesteps, shift);
    schedule.sigmas.push_back(static_cast<float>(sigma));
    schedule.timesteps.push_back(static_cast<float>(sigma) * n);
  }
  schedule.sigmas.push_back(0);
  return schedule;
}

}  // namespace zoetrope
