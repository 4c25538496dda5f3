#include "kernels/guided_step/guided_step.h"

#include <gtest/gtest.h>

#include "sampling/denoise.h"
#include "sampling/sampler.h"
#include "tensor/random.h"

namespace zoetrope::test {
namespace {

constexpr int kSteps = 8;
constexpr std::int64_t kElements = 37;

std::unique_ptr<Sampler> sampler_of(const std::string& scheduler, int order) {
  return make_sampler({.scheduler = scheduler, .flow_shift = 3, .solver_order = order}, kSteps);
}

/// A sampler's step is linear: its weights are what it makes of unit vectors. x comes into
/// prediction and start alone, v into the prediction alone.
void set_weights(Sampler& sampler, int step, kernels::GuidedStepArgs& args) {
  const auto remembered = static_cast<std::int64_t>(sampler.memory().size());
  const Tensor unit = at::eye(2 + remembered);
  std::vector<Tensor> memory;
  for (std::int64_t k = 0; k < remembered; ++k) memory.push_back(unit[2 + k].clone());
  sampler.restore(step, memory);
  const Tensor next = sampler.step(step, unit[0], unit[1]);

  args.sigma = sampler.schedule().sigmas[static_cast<std::size_t>(step)];
  args.history_size = static_cast<int>(remembered);
  const auto weights_of = [&](const Tensor& sum) {
    kernels::StepWeights weights;
    weights.prediction = -sum[1].item<float>() / args.sigma;
    weights.start = sum[0].item<float>() - weights.prediction;
    for (std::int64_t k = 0; k < remembered; ++k) {
      weights.history[k] = sum[2 + k].item<float>();
    }
    return weights;
  };
  args.corrects = remembered > 0;
  args.advance = weights_of(next);
  if (!args.corrects) return;
  args.correct = weights_of(sampler.memory().front());
  args.advance.start = 0;  // the corrected x is in the other weights already
}

/// Latents and the sampler's memory in the kernel's hands, from step to step.
class KernelRun {
 public:
  explicit KernelRun(const Tensor& noise) : x_(noise.clone()) {}

  void step(Sampler& probe, int step, const Tensor& prompted, const Tensor& negative) {
    kernels::GuidedStepArgs args;
    set_weights(probe, step, args);
    const Tensor start = at::empty_like(x_), prediction = at::empty_like(x_);
    args.prompted = prompted.const_data_ptr<float>();
    args.negative = negative.const_data_ptr<float>();
    args.guidance = 4;
    args.x = x_.const_data_ptr<float>();
    for (std::size_t k = 0; k < memory_.size(); ++k) {
      args.history[k] = memory_[k].const_data_ptr<float>();
    }
    args.next = x_.mutable_data_ptr<float>();
    args.kept_start = start.mutable_data_ptr<float>();
    args.kept_prediction = prediction.mutable_data_ptr<float>();
    kernels::guided_step_cpu(args, 0, kElements);
    if (probe.memory().empty()) return;  // Euler
    if (!memory_.empty()) memory_.erase(memory_.begin());
    memory_.insert(memory_.begin(), {start, prediction});
    memory_.resize(std::min(memory_.size(), probe.memory().size()));
  }

  const Tensor& x() const { return x_; }

 private:
  Tensor x_;
  std::vector<Tensor> memory_;
};

void expect_the_samplers_latents(const std::string& scheduler, int order) {
  const auto sampler = sampler_of(scheduler, order), probe = sampler_of(scheduler, order);
  const Tensor noise = initial_noise(1, {kElements});
  Tensor x = noise;
  KernelRun run(noise);
  for (int i = 0; i < kSteps; ++i) {
    const Tensor prompted = initial_noise(2 + i, {kElements});
    const Tensor negative = initial_noise(50 + i, {kElements});
    x = sampler->step(i, x, negative + 4 * (prompted - negative));
    run.step(*probe, i, prompted, negative);
    EXPECT_LE((run.x() - x).abs().max().item<double>(), 1e-5 * x.abs().max().item<double>())
        << "after step " << i + 1;
  }
}

TEST(GuidedStepKernel, MakesTheStepsOfEuler) { expect_the_samplers_latents("euler", 2); }

TEST(GuidedStepKernel, MakesTheStepsOfUniPcOfEachOrder) {
  for (const int order : {1, 2, 3}) expect_the_samplers_latents("unipc", order);
}

}  // namespace
}  // namespace zoetrope::test
