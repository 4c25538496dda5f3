#include "kernels/common/cuda_rows.h"
#include "kernels/qk_norm_rope/qk_norm_rope.h"

namespace zoetrope::kernels {
namespace {

// Vectors of a row that a thread keeps between the sum and the rotation; longer rows are read
// twice.
constexpr int kHeld = 4;
constexpr unsigned kMostThreads = 512;

template <int kCount>
__device__ __forceinline__ float sum_of_squares(const float (&x)[kCount]) {
  float sum = 0;
#pragma unroll
  for (int i = 0; i < kCount; ++i) sum += x[i] * x[i];
  return sum;
}

template <typename T>
__device__ __forceinline__ float rounded(float value) {
  T element;
  narrow(value, element);
  return widen(element);
}

/// A token's q or k.
template <typename T>
struct Row {
  T* x;
  const T* weight;
  const float *cos, *sin;
  int pairs;  // of a head
  float factor;
};

/// Normalises and rotates the elements from d on, of which x holds kPairs pairs, of one head.
template <int kPairs, int kWidth, typename T>
__device__ __forceinline__ void rotate(const float (&x)[2 * kPairs], const Row<T>& row, int d) {
  float weight[2 * kPairs], cos[kPairs], sin[kPairs], y[2 * kPairs];
  const int pair = d / 2 % row.pairs;
  load_elements<kWidth>(row.weight + d, weight);
  load_elements<kPairs>(row.cos + pair, cos);
  load_elements<kPairs>(row.sin + pair, sin);
#pragma unroll
  for (int j = 0; j < kPairs; ++j) {
    const float even = rounded<T>(x[2 * j] * row.factor * weight[2 * j]);
    const float odd = rounded<T>(x[2 * j + 1] * row.factor * weight[2 * j + 1]);
    y[2 * j] = even * cos[j] - odd * sin[j];
    y[2 * j + 1] = even * sin[j] + odd * cos[j];
  }
  store_elements<kWidth>(y, row.x + d);
}

template <typename T>
__device__ __forceinline__ Row<T> row_of(const QkNormRopeArgs& args, std::int64_t token,
                                         bool is_k) {
  T* x = is_k ? static_cast<T*>(args.k) + token * args.k_stride
              : static_cast<T*>(args.q) + token * args.q_stride;
  return {x,
          static_cast<const T*>(is_k ? args.k_weight : args.q_weight),
          args.cos + token * args.pairs,
          args.sin + token * args.pairs,
          static_cast<int>(args.pairs),
          0};
}

/// Two blocks a token, for q and k. kWidth: elements of an access; 1, with one pair a thread, for
/// rows that are not aligned.
template <typename T, int kPairs, int kWidth>
__global__ void __launch_bounds__(kMostThreads)
    qk_norm_rope_rows(const QkNormRopeArgs args, std::int64_t begin) {
  Row<T> row = row_of<T>(args, begin + blockIdx.x / 2, blockIdx.x % 2 == 1);
  const int dim = static_cast<int>(args.heads * args.pairs) * 2;
  const int first = static_cast<int>(threadIdx.x) * 2 * kPairs;
  const int step = static_cast<int>(blockDim.x) * 2 * kPairs;

  float held[kHeld][2 * kPairs], more[2 * kPairs];
  float sum = 0;
#pragma unroll
  for (int i = 0; i < kHeld; ++i) {
    if (first + i * step >= dim) break;
    load_elements<kWidth>(row.x + first + i * step, held[i]);
    sum += sum_of_squares(held[i]);
  }
  for (int d = first + kHeld * step; d < dim; d += step) {
    load_elements<kWidth>(row.x + d, more);
    sum += sum_of_squares(more);
  }
  row.factor = 1.0F / sqrtf(block_sum<0>(sum) / static_cast<float>(dim) + args.eps);

#pragma unroll
  for (int i = 0; i < kHeld; ++i) {
    if (first + i * step < dim) rotate<kPairs, kWidth>(held[i], row, first + i * step);
  }
  for (int d = first + kHeld * step; d < dim; d += step) {
    load_elements<kWidth>(row.x + d, more);
    rotate<kPairs, kWidth>(more, row, d);
  }
}

template <typename T>
int launch(const QkNormRopeArgs& args, std::int64_t begin, std::int64_t end, CudaStream stream) {
  constexpr int kWidth = kPackWidth<T>, kPairs = kWidth / 2;
  constexpr std::size_t kAngles = sizeof(float) * kPairs;
  const bool aligned = args.pairs % kPairs == 0 && is_aligned<T>(args.q, args.q_stride) &&
                       is_aligned<T>(args.k, args.k_stride) && is_aligned<T>(args.q_weight, 0) &&
                       is_aligned<T>(args.k_weight, 0) &&
                       is_aligned<float>(args.cos, args.pairs, kAngles) &&
                       is_aligned<float>(args.sin, args.pairs, kAngles);
  const std::int64_t items = args.heads * args.pairs / (aligned ? kPairs : 1);
  const Launch rows{2 * (end - begin), threads_for(items, kHeld, kMostThreads), 0, stream};
  return aligned ? launch_blocks(rows, qk_norm_rope_rows<T, kPairs, kWidth>, args, begin)
                 : launch_blocks(rows, qk_norm_rope_rows<T, 1, 1>, args, begin);
}

}  // namespace

int qk_norm_rope_cuda(const QkNormRopeArgs& args, std::int64_t begin, std::int64_t end,
                      CudaStream stream) {
  if (args.heads < 1 || args.pairs < 1 || args.heads > 0xffff || args.pairs > 0xfff) {
    return cudaErrorInvalidValue;
  }
  return args.type == ElementType::kF32 ? launch<float>(args, begin, end, stream)
                                        : launch<__nv_bfloat16>(args, begin, end, stream);
}

}  // namespace zoetrope::kernels
