#pragma once

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "kernels/common/element.h"
#include "kernels/emulator/pipeline.h"

namespace emulator::test {

/// Random matrices for a product of pipeline.h, and whether it is right.
class PipelineCase {
 public:
  PipelineCase(int rows, int depth) : rows_(rows), depth_(depth), pitch_((depth + 7) / 8 * 8) {
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    a.resize(static_cast<std::size_t>(rows * pitch_));
    b.resize(static_cast<std::size_t>(64 * pitch_));
    for (auto& element : a) element = zoetrope::kernels::round_to_bf16(normal(random));
    for (auto& element : b) element = zoetrope::kernels::round_to_bf16(normal(random));
    y.assign(static_cast<std::size_t>(rows * 64), std::numeric_limits<float>::quiet_NaN());
  }

  PipelinedProduct product() { return {a.data(), b.data(), y.data(), rows_, depth_, pitch_}; }

  bool is_right() const {
    for (int i = 0; i < rows_ * 64; ++i) {
      double expected = 0;
      for (int k = 0; k < depth_; ++k) {
        expected += value(a, i / 64 * pitch_ + k) * value(b, i % 64 * pitch_ + k);
      }
      // Written so that NaN is wrong.
      if (!(std::fabs(y[static_cast<std::size_t>(i)] - expected) < 1e-3)) return false;
    }
    return true;
  }

  std::vector<zoetrope::kernels::Bf16> a, b;
  std::vector<float> y;

 private:
  static double value(const std::vector<zoetrope::kernels::Bf16>& of, int i) {
    return zoetrope::kernels::to_float(of[static_cast<std::size_t>(i)]);
  }

  int rows_, depth_, pitch_;
};

}  // namespace emulator::test
