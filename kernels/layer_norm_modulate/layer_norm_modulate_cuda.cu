#include "kernels/common/cuda_rows.h"
#include "kernels/layer_norm_modulate/layer_norm_modulate.h"

namespace zoetrope::kernels {
namespace {

// Vectors of a row that a thread keeps from the first pass to the last; longer rows are read again.
constexpr int kHeld = 4;
constexpr unsigned kMostThreads = 512;

template <int kWidth>
__device__ __forceinline__ float sum_of(const float (&x)[kWidth]) {
  float sum = 0;
#pragma unroll
  for (int i = 0; i < kWidth; ++i) sum += x[i];
  return sum;
}

template <int kWidth>
__device__ __forceinline__ float sum_of_squares(const float (&x)[kWidth], float mean) {
  float sum = 0;
#pragma unroll
  for (int i = 0; i < kWidth; ++i) sum += (x[i] - mean) * (x[i] - mean);
  return sum;
}

struct Row {
  const float *scale, *shift;
  float mean, inverse;
};

template <typename T, int kWidth>
__device__ __forceinline__ void modulate(const float (&x)[kWidth], const Row& row, int d, T* y) {
  float scale[kWidth], shift[kWidth], out[kWidth];
  load_elements<kWidth>(row.scale + d, scale);
  load_elements<kWidth>(row.shift + d, shift);
#pragma unroll
  for (int i = 0; i < kWidth; ++i) {
    out[i] = (x[i] - row.mean) * row.inverse * scale[i] + shift[i];
  }
  store_elements<kWidth>(out, y + d);
}

/// A block a row. kWidth: elements of an access; 1 for rows that are not aligned.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kMostThreads)
    layer_norm_rows(const LayerNormModulateArgs args, std::int64_t begin) {
  const std::int64_t r = begin + blockIdx.x;
  const T* x = static_cast<const T*>(args.x) + r * args.x_stride;
  T* y = static_cast<T*>(args.y) + r * args.y_stride;
  const int threads = static_cast<int>(blockDim.x), dim = static_cast<int>(args.dim);
  const int first = static_cast<int>(threadIdx.x) * kWidth, step = threads * kWidth;
  Row row{args.scale + r * args.scale_stride, args.shift + r * args.shift_stride, 0, 0};

  float held[kHeld][kWidth], more[kWidth];
  float sum = 0, squares = 0;
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    if (first + k * step >= dim) break;
    load_elements<kWidth>(x + first + k * step, held[k]);
    sum += sum_of(held[k]);
  }
  for (int d = first + kHeld * step; d < dim; d += step) {
    load_elements<kWidth>(x + d, more);
    sum += sum_of(more);
  }
  row.mean = block_sum<0>(sum) / static_cast<float>(dim);

  // A second pass: the mean of squares less the square of the mean cancels where |mean| is large.
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    if (first + k * step < dim) squares += sum_of_squares(held[k], row.mean);
  }
  for (int d = first + kHeld * step; d < dim; d += step) {
    load_elements<kWidth>(x + d, more);
    squares += sum_of_squares(more, row.mean);
  }
  row.inverse = 1.0F / sqrtf(block_sum<1>(squares) / static_cast<float>(dim) + args.eps);

#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    if (first + k * step < dim) modulate(held[k], row, first + k * step, y);
  }
  for (int d = first + kHeld * step; d < dim; d += step) {
    load_elements<kWidth>(x + d, more);
    modulate(more, row, d, y);
  }
}

template <typename T>
int launch(const LayerNormModulateArgs& args, std::int64_t begin, std::int64_t end,
           CudaStream stream) {
  constexpr int kWidth = kPackWidth<T>;
  const bool aligned = args.dim % kWidth == 0 && is_aligned<T>(args.x, args.x_stride) &&
                       is_aligned<T>(args.y, args.y_stride) &&
                       is_aligned<float>(args.scale, args.scale_stride) &&
                       is_aligned<float>(args.shift, args.shift_stride);
  const std::int64_t items = args.dim / (aligned ? kWidth : 1);
  const Launch rows{end - begin, threads_for(items, kHeld, kMostThreads), 0, stream};
  return aligned ? launch_blocks(rows, layer_norm_rows<T, kWidth>, args, begin)
                 : launch_blocks(rows, layer_norm_rows<T, 1>, args, begin);
}

}  // namespace

int layer_norm_modulate_cuda(const LayerNormModulateArgs& args, std::int64_t begin,
                             std::int64_t end, CudaStream stream) {
  if (args.dim < 1 || args.dim > 0x3fffffff) return cudaErrorInvalidValue;
  return args.type == ElementType::kF32 ? launch<float>(args, begin, end, stream)
                                        : launch<__nv_bfloat16>(args, begin, end, stream);
}

}  // namespace zoetrope::kernels
