#include "kernels/common/cuda_rows.h"
#include "kernels/rms_norm/rms_norm.h"

namespace zoetrope::kernels {
namespace {

// Vectors of a row that a thread keeps between the sum and the product; longer rows are read twice.
constexpr int kHeld = 4;
constexpr unsigned kMostThreads = 512;

template <int kWidth>
__device__ __forceinline__ float sum_of_squares(const float (&x)[kWidth]) {
  float sum = 0;
#pragma unroll
  for (int i = 0; i < kWidth; ++i) sum += x[i] * x[i];
  return sum;
}

constexpr float kLog2E = 1.44269504F;

template <bool kSilu, typename T, int kWidth>
__device__ __forceinline__ void scale(const float (&x)[kWidth], float factor, const T* weight,
                                      T* y) {
  float w[kWidth], scaled[kWidth];
  load_elements<kWidth>(weight, w);
#pragma unroll
  for (int i = 0; i < kWidth; ++i) {
    scaled[i] = x[i] * factor * w[i];
    if (kSilu) scaled[i] /= 1.0F + fast_exp2(-kLog2E * scaled[i]);
  }
  store_elements<kWidth>(scaled, y);
}

/// A block a row. kWidth: elements of an access; 1 for rows that are not aligned.
template <typename T, int kWidth, bool kSilu>
__global__ void __launch_bounds__(kMostThreads)
    rms_norm_rows(const RmsNormArgs args, std::int64_t begin) {
  const std::int64_t row = begin + blockIdx.x;
  const T* x = static_cast<const T*>(args.x) + row * args.x_stride;
  T* y = static_cast<T*>(args.y) + row * args.y_stride;
  const T* weight = static_cast<const T*>(args.weight);
  const int threads = static_cast<int>(blockDim.x), dim = static_cast<int>(args.dim);
  const int first = static_cast<int>(threadIdx.x) * kWidth, step = threads * kWidth;

  float held[kHeld][kWidth];
  float sum = 0;
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    if (first + k * step >= dim) break;
    load_elements<kWidth>(x + first + k * step, held[k]);
    sum += sum_of_squares(held[k]);
  }
  for (int d = first + kHeld * step; d < dim; d += step) {
    float more[kWidth];
    load_elements<kWidth>(x + d, more);
    sum += sum_of_squares(more);
  }
  const float mean = block_sum<0>(sum) / static_cast<float>(dim);
  const float factor = 1.0F / sqrtf(mean + args.eps);

#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    const int d = first + k * step;
    if (d >= dim) break;
    scale<kSilu>(held[k], factor, weight + d, y + d);
  }
  for (int d = first + kHeld * step; d < dim; d += step) {
    float more[kWidth];
    load_elements<kWidth>(x + d, more);
    scale<kSilu>(more, factor, weight + d, y + d);
  }
}

template <bool kSilu, typename T>
int launch(const RmsNormArgs& args, std::int64_t begin, std::int64_t end, CudaStream stream) {
  constexpr int kWidth = kPackWidth<T>;
  const bool aligned = args.dim % kWidth == 0 && is_aligned<T>(args.x, args.x_stride) &&
                       is_aligned<T>(args.y, args.y_stride) && is_aligned<T>(args.weight, 0);
  const std::int64_t items = args.dim / (aligned ? kWidth : 1);
  const Launch rows{end - begin, threads_for(items, kHeld, kMostThreads), 0, stream};
  return aligned ? launch_blocks(rows, rms_norm_rows<T, kWidth, kSilu>, args, begin)
                 : launch_blocks(rows, rms_norm_rows<T, 1, kSilu>, args, begin);
}

template <bool kSilu>
int launch_any(const RmsNormArgs& args, std::int64_t begin, std::int64_t end, CudaStream stream) {
  if (args.dim < 1 || args.dim > 0x3fffffff) return cudaErrorInvalidValue;
  return args.type == ElementType::kF32 ? launch<kSilu, float>(args, begin, end, stream)
                                        : launch<kSilu, __nv_bfloat16>(args, begin, end, stream);
}

}  // namespace

int rms_norm_cuda(const RmsNormArgs& args, std::int64_t begin, std::int64_t end,
                  CudaStream stream) {
  return launch_any<false>(args, begin, end, stream);
}

int rms_norm_silu_cuda(const RmsNormArgs& args, std::int64_t begin, std::int64_t end,
                       CudaStream stream) {
  return launch_any<true>(args, begin, end, stream);
}

}  // namespace zoetrope::kernels
