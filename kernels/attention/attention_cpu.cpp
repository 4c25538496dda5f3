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

inline void pack_values(const PackTileArgs& args) {
  constexpr std::int64_t g = rows_together(ElementType::kBF16);
  const auto* x = static_cast<const Bf16*>(args.x);
  auto* packed = static_cast<Bf16*>(args.packed);
  for (std::int64_t s = 0; s < args.tokens; ++s) {
    const Bf16* from = x + s * args.x_token_stride;
    Bf16* row = packed + s / g * g * args.head_dim + s % g;
#pragma omp simd
    for (std::int64_t n = 0; n < args.head_dim; ++n) row[n * g] = from[n];
  }
  for (std::int64_t s = args.tokens; s < args.padded; ++s) {
    Bf16* row = packed + s / g * g * args.head_dim + s % g;
    for (std::int64_t n = 0; n < args.head_dim; ++n) row[n * g] = Bf16{};
  }
}

// Adds the bias, in units of the products, and returns the most of a row.
inline float biased_peak(const SoftmaxTileArgs& args, float* z) {
  float peak = kNoPeak;
  if (args.key_bias == nullptr) {
#pragma omp simd reduction(max : peak)
    for (std::int64_t s = 0; s < args.keys; ++s) peak = z[s] > peak ? z[s] : peak;
  } else {
    const float unit = 1.0F / args.scale;
#pragma omp simd reduction(max : peak)
    for (std::int64_t s = 0; s < args.keys; ++s) {
      z[s] += args.key_bias[s] * unit;
      peak = z[s] > peak ? z[s] : peak;
    }
  }
  return peak;
}

inline void softmax_rows(const SoftmaxTileArgs& args) {
  const float scale = args.scale * kLog2OfE;
  for (std::int64_t q = 0; q < args.queries; ++q) {
    float* z = args.products + q * args.padded;
    Bf16* weights = static_cast<Bf16*>(args.weights) + q * args.padded;
    const float here = biased_peak(args, z);
    const float peak = here > args.peaks[q] ? here : args.peaks[q];
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t s = 0; s < args.keys; ++s) {
      // Subtracted first: near the peak the difference is exact.
      const float weight = power_of_two((z[s] - peak) * scale);
      sum += weight;
      store(weight, weights[s]);
    }
    for (std::int64_t s = args.keys; s < args.padded; ++s) weights[s] = Bf16{};

    const float before = power_of_two((args.peaks[q] - peak) * scale);
    args.sums[q] = args.sums[q] * before + sum;
    args.peaks[q] = peak;
    if (before == 1.0F) continue;
    float* mixed = args.mixed + q * args.head_dim;
#pragma omp simd
    for (std::int64_t n = 0; n < args.head_dim; ++n) mixed[n] *= before;
  }
}

inline void finish_rows(const FinishTileArgs& args) {
  for (std::int64_t q = 0; q < args.queries; ++q) {
    const float* mixed = args.mixed + q * args.head_dim;
    Bf16* y = static_cast<Bf16*>(args.y) + q * args.y_token_stride;
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
void pack_values_cpu(const PackTileArgs& args) { pack_values(args); }

ZOETROPE_MULTIVERSION
void softmax_tile_cpu(const SoftmaxTileArgs& args) { softmax_rows(args); }

ZOETROPE_MULTIVERSION
void finish_tile_cpu(const FinishTileArgs& args) { finish_rows(args); }

}  // namespace zoetrope::kernels
