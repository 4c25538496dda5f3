#pragma once

#include <cstdint>

#include "kernels/common/cuda_stream.h"

namespace zoetrope::kernels {

/// Weights of the terms of a sum.
struct StepWeights {
  static constexpr int kHistory = 4;

  float start = 0;
  float velocity = 0;
  float prediction = 0;
  float history[kHistory] = {};
};

/// Guidance, and a step of a sampler that adds up what it knows, in one pass:
///   v         = negative + guidance * (prompted - negative), or prompted where negative is null
///   m         = x - sigma * v
///   corrected = sum of correct over (x, v, m, history), or x where corrects is false
///   next      = sum of advance over (corrected, v, m, history)
/// where `start` weighs x, then corrected. Euler has advance.start 1 and advance.velocity
/// sigma_next - sigma. UniPC has in its history where the last predictor started and the last data
/// predictions m, and keeps `corrected` and m for the next step.
///
/// Shapes:  all of [elements], contiguous. history: the first `history_size` pointers.
///          kept_start, kept_prediction: where corrected and m go, or null. These and next may be x
///          or any of the history, but none may be another of the three.
/// Types:   fp32.
/// Source:  Ho & Salimans 2022 (arXiv:2207.12598); Zhao et al. 2023 (arXiv:2302.04867).
struct GuidedStepArgs {
  const float* prompted = nullptr;
  const float* negative = nullptr;
  const float* x = nullptr;
  const float* history[StepWeights::kHistory] = {};
  float* next = nullptr;
  float* kept_start = nullptr;
  float* kept_prediction = nullptr;
  int history_size = 0;
  bool corrects = false;
  float guidance = 1;
  float sigma = 0;
  StepWeights correct;
  StepWeights advance;
};

/// Computes elements [begin, end).
void guided_step_cpu(const GuidedStepArgs& args, std::int64_t begin, std::int64_t end);

/// Enqueues elements [begin, end) on a stream; pointers are of the device. Returns a cudaError_t: 0
/// if it was launched. Accesses are of 16 bytes where all pointers and begin are multiples of that.
int guided_step_cuda(const GuidedStepArgs& args, std::int64_t begin, std::int64_t end,
                     CudaStream stream);

}  // namespace zoetrope::kernels
