#include "kernels/attention/attention_cpu.h"

#include <cstring>

#include "kernels/common/exponential.h"

namespace zoetrope::kernels {
namespace {

template <typename T>
inline void pack_keys(const PackTileArgs& args) {
  constexpr std::int64_t g = sizeof(float) / sizeof(T);
  const auto* x = static_cast<const T*>(args.x);
  auto* packed = static_cast<T*>(args.packed);
  for (std::int64_t n = 0; n < args.head_dim; n += g) {
    T* row = packed + n * args.padded;
    for (std::int64_t s = 0; s < args.tokens; ++s) {
      std::memcpy(row + s * g, x + s * args.x_token_stride + n, sizeof(float));
    }
    std::memset(row + args.tokens * g, 0,
                static_cast<std::size_t>(args.padded - args.tokens) * sizeof(float));
  }
}

template <typename T>
inline void pack_values(const PackTileArgs& args) {
  constexpr std::int64_t g = sizeof(float) / sizeof(T);
  const auto* x = static_cast<const T*>(args.x);
  auto* packed = static_cast<T*>(args.packed);
  for (std::int64_t s = 0; s < args.tokens; ++s) {
    const T* from = x + s * args.x_token_stride;
    T* row = packed + s / g * g * args.head_dim + s % g;
#pragma omp simd
    for (std::int64_t n = 0; n < args.head_dim; ++n) row[n * g] = from[n];
  }
  for (std::int64_t s = args.tokens; s < args.padded; ++s) {
    T* row = packed + s / g * g * args.head_dim + s % g;
    for (std::int64_t n = 0; n < args.head_dim; ++n) row[n * g] = T{};
  }
}

// Turns products into z and returns the most of them.
inline float scale_row(const SoftmaxTileArgs& args, float* z) {
  const float scale = args.scale * kLog2OfE;
  float peak = kNoPeak;
  if (args.key_bias == nullptr) {
#pragma omp simd reduction(max : peak)
    for (std::int64_t s = 0; s < args.keys; ++s) {
      z[s] *= scale;
      peak = z[s] > peak ? z[s] : peak;
    }
  } else {
#pragma omp simd reduction(max : peak)
    for (std::int64_t s = 0; s < args.keys; ++s) {
      z[s] = z[s] * scale + args.key_bias[s] * kLog2OfE;
      peak = z[s] > peak ? z[s] : peak;
    }
  }
  return peak;
}

template <typename T>
inline void softmax_rows(const SoftmaxTileArgs& args) {
  for (std::int64_t q = 0; q < args.queries; ++q) {
    float* z = args.products + q * args.padded;
    T* weights = static_cast<T*>(args.weights) + q * args.padded;
    const float here = scale_row(args, z);
    const float peak = here > args.peaks[q] ? here : args.peaks[q];
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t s = 0; s < args.keys; ++s) {
      const float weight = power_of_two(z[s] - peak);
      sum += weight;
      store(weight, weights[s]);
    }
    for (std::int64_t s = args.keys; s < args.padded; ++s) weights[s] = T{};

    const float before = power_of_two(args.peaks[q] - peak);
    args.sums[q] = args.sums[q] * before + sum;
    args.peaks[q] = peak;
    if (before == 1.0F) continue;
    float* mixed = args.mixed + q * args.head_dim;
#pragma omp simd
    for (std::int64_t n = 0; n < args.head_dim; ++n) mixed[n] *= before;
  }
}

template <typename T>
inline void finish_rows(const FinishTileArgs& args) {
  for (std::int64_t q = 0; q < args.queries; ++q) {
    const float* mixed = args.mixed + q * args.head_dim;
    T* y = static_cast<T*>(args.y) + q * args.y_token_stride;
    const float scale = 1.0F / args.sums[q];
#pragma omp simd
    for (std::int64_t n = 0; n < args.head_dim; ++n) store(mixed[n] * scale, y[n]);
  }
}

}  // namespace

ZOETROPE_MULTIVERSION
void pack_keys_cpu(const PackTileArgs& args) {
  args.type == ElementType::kF32 ? pack_keys<float>(args) : pack_keys<Bf16>(args);
}

ZOETROPE_MULTIVERSION
void pack_values_cpu(const PackTileArgs& args) {
  args.type == ElementType::kF32 ? pack_values<float>(args) : pack_values<Bf16>(args);
}

ZOETROPE_MULTIVERSION
void softmax_tile_cpu(const SoftmaxTileArgs& args) {
  args.type == ElementType::kF32 ? softmax_rows<float>(args) : softmax_rows<Bf16>(args);
}

ZOETROPE_MULTIVERSION
void finish_tile_cpu(const FinishTileArgs& args) {
  args.type == ElementType::kF32 ? finish_rows<float>(args) : finish_rows<Bf16>(args);
}

}  // namespace zoetrope::kernels
