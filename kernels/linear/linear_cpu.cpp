#include "kernels/linear/linear_cpu.h"

#include "kernels/common/exponential.h"

namespace zoetrope::kernels {
namespace {

// (1 + tanh(u)) / 2 is 1 / (1 + exp(-2u)).
inline float gelu_tanh(float x) {
  constexpr float kTwiceSqrtOfTwoOverPi = 1.59576912F;
  const float twice_u = kTwiceSqrtOfTwoOverPi * (x + 0.044715F * x * x * x);
  return over_one_plus_power(x, -twice_u * kLog2OfE);
}

template <typename T, bool kBias, Activation kActivation>
inline void finish_rows(const FinishLinearArgs& args) {
  const T* bias = static_cast<const T*>(args.bias);
  for (std::int64_t r = 0; r < args.rows; ++r) {
    const float* products = args.products + r * args.products_stride;
    T* y = static_cast<T*>(args.y) + r * args.y_stride;
#pragma omp simd
    for (std::int64_t c = 0; c < args.columns; ++c) {
      float value = products[c];
      if constexpr (kBias) value += to_float(bias[c]);
      if constexpr (kActivation == Activation::kGeluTanh) value = gelu_tanh(value);
      store(value, y[c]);
    }
  }
}

template <typename T>
inline void finish(const FinishLinearArgs& args) {
  if (args.activation == Activation::kGeluTanh) {
    args.bias != nullptr ? finish_rows<T, true, Activation::kGeluTanh>(args)
                         : finish_rows<T, false, Activation::kGeluTanh>(args);
  } else {
    args.bias != nullptr ? finish_rows<T, true, Activation::kNone>(args)
                         : finish_rows<T, false, Activation::kNone>(args);
  }
}

}  // namespace

ZOETROPE_MULTIVERSION
void finish_linear_cpu(const FinishLinearArgs& args) {
  args.type == ElementType::kF32 ? finish<float>(args) : finish<Bf16>(args);
}

}  // namespace zoetrope::kernels
