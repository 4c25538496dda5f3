#include "kernels/guided_step/guided_step.h"

namespace zoetrope::kernels {
namespace {

inline float sum_of(const GuidedStepArgs& args, const StepWeights& weights, std::int64_t i,
                    float start, float v, float m) {
  float sum = weights.start * start + weights.velocity * v + weights.prediction * m;
  for (int k = 0; k < args.history_size; ++k) sum += weights.history[k] * args.history[k][i];
  return sum;
}

}  // namespace

void guided_step_cpu(const GuidedStepArgs& args, std::int64_t begin, std::int64_t end) {
  for (std::int64_t i = begin; i < end; ++i) {
    const float x = args.x[i], prompted = args.prompted[i];
    float v = prompted;
    if (args.negative != nullptr) {
      const float negative = args.negative[i];
      v = negative + args.guidance * (prompted - negative);
    }
    const float m = x - args.sigma * v;
    const float start = args.corrects ? sum_of(args, args.correct, i, x, v, m) : x;
    const float next = sum_of(args, args.advance, i, start, v, m);
    args.next[i] = next;
    if (args.kept_start != nullptr) args.kept_start[i] = start;
    if (args.kept_prediction != nullptr) args.kept_prediction[i] = m;
  }
}

}  // namespace zoetrope::kernels
