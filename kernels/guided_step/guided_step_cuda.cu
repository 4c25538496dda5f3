#include "kernels/common/cuda_rows.h"
#include "kernels/guided_step/guided_step.h"

namespace zoetrope::kernels {
namespace {

constexpr unsigned kMostThreads = 256;

/// What is known of kWidth elements.
template <int kWidth>
struct Known {
  float start[kWidth], v[kWidth], m[kWidth], history[StepWeights::kHistory][kWidth];
};

template <int kWidth>
__device__ __forceinline__ void add_up(const StepWeights& weights, int history_size,
                                       const Known<kWidth>& known, float (&sum)[kWidth]) {
#pragma unroll
  for (int i = 0; i < kWidth; ++i) {
    sum[i] = weights.start * known.start[i] + weights.velocity * known.v[i] +
             weights.prediction * known.m[i];
  }
#pragma unroll
  for (int k = 0; k < StepWeights::kHistory; ++k) {
    if (k >= history_size) break;
#pragma unroll
    for (int i = 0; i < kWidth; ++i) sum[i] += weights.history[k] * known.history[k][i];
  }
}

/// The guided velocity, the data prediction and the history of the elements from `at` on.
template <int kWidth>
__device__ __forceinline__ void load_known(const GuidedStepArgs& args, std::int64_t at,
                                           Known<kWidth>& known) {
  load_elements<kWidth>(args.x + at, known.start);
  load_elements<kWidth>(args.prompted + at, known.v);
  if (args.negative != nullptr) {
    float negative[kWidth];
    load_elements<kWidth>(args.negative + at, negative);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) {
      known.v[i] = negative[i] + args.guidance * (known.v[i] - negative[i]);
    }
  }
#pragma unroll
  for (int i = 0; i < kWidth; ++i) known.m[i] = known.start[i] - args.sigma * known.v[i];
#pragma unroll
  for (int k = 0; k < StepWeights::kHistory; ++k) {
    if (k < args.history_size) load_elements<kWidth>(args.history[k] + at, known.history[k]);
  }
}

/// kWidth elements a thread; 1 where they are not aligned.
template <int kWidth>
__global__ void __launch_bounds__(kMostThreads)
    guided_step_elements(const GuidedStepArgs args, std::int64_t begin, std::int64_t end) {
  const std::int64_t at = begin + (std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x) * kWidth;
  if (at >= end) return;
  Known<kWidth> known;
  load_known(args, at, known);
  float sum[kWidth];
  if (args.corrects) {
    add_up(args.correct, args.history_size, known, sum);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) known.start[i] = sum[i];
  }
  add_up(args.advance, args.history_size, known, sum);
  store_elements<kWidth>(sum, args.next + at);
  if (args.kept_start != nullptr) store_elements<kWidth>(known.start, args.kept_start + at);
  if (args.kept_prediction != nullptr) store_elements<kWidth>(known.m, args.kept_prediction + at);
}

bool is_aligned_step(const GuidedStepArgs& args, std::int64_t begin, std::int64_t end) {
  bool aligned = begin % 4 == 0 && end % 4 == 0;
  const float* of_all[] = {args.prompted, args.negative,   args.x,
                           args.next,     args.kept_start, args.kept_prediction};
  for (const float* pointer : of_all) aligned = aligned && is_aligned<float>(pointer, 0);
  for (int k = 0; k < args.history_size; ++k) {
    aligned = aligned && is_aligned<float>(args.history[k], 0);
  }
  return aligned;
}

}  // namespace

int guided_step_cuda(const GuidedStepArgs& args, std::int64_t begin, std::int64_t end,
                     CudaStream stream) {
  if (args.history_size < 0 || args.history_size > StepWeights::kHistory) {
    return cudaErrorInvalidValue;
  }
  const bool aligned = is_aligned_step(args, begin, end);
  const std::int64_t items = (end - begin) / (aligned ? 4 : 1);
  const std::int64_t blocks = (items + kMostThreads - 1) / kMostThreads;
  const Launch grid{blocks, kMostThreads, 0, stream};
  return aligned ? launch_blocks(grid, guided_step_elements<4>, args, begin, end)
                 : launch_blocks(grid, guided_step_elements<1>, args, begin, end);
}

}  // namespace zoetrope::kernels
