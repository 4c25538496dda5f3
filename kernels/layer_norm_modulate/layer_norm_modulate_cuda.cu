#include "kernels/common/cuda_rows.h"
#include "kernels/layer_norm_modulate/layer_norm_modulate.h"

namespace zoetrope::kernels {
namespace {

// Vectors of a row that a thread keeps from the first pass to the last; longer rows are read again.
constexpr int kHeld = 4;
constexpr unsigned kMostThreads = 512;
constexpr unsigned kMostInt8Threads = 256;  // of more registers: two blocks of 512 would spill

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

template <int kWidth>
__device__ __forceinline__ void modulate(const float (&x)[kWidth], const Row& row, int d,
                                         float (&out)[kWidth]) {
  float scale[kWidth], shift[kWidth];
  load_elements<kWidth>(row.scale + d, scale);
  load_elements<kWidth>(row.shift + d, shift);
#pragma unroll
  for (int i = 0; i < kWidth; ++i) {
    out[i] = (x[i] - row.mean) * row.inverse * scale[i] + shift[i];
  }
}

template <typename T, int kWidth>
__device__ __forceinline__ void write_modulated(const float (&x)[kWidth], const Row& row, int d,
                                                T* y) {
  float out[kWidth];
  modulate(x, row, d, out);
  store_elements<kWidth>(out, y + d);
}

/// The elements of a row that a thread takes: kHeld vectors from `first` on, `step` apart, which it
/// keeps, and those of longer rows, which it reads again.
struct Share {
  int first, step, dim;
};

/// kWidth: elements of an access; 1 for rows that are not aligned.
template <int kWidth, typename T>
__device__ __forceinline__ void find_moments(const T* x, const Share& share, float eps,
                                             float (&held)[kHeld][kWidth], Row& row) {
  const auto [first, step, dim] = share;
  float more[kWidth];
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
  row.inverse = 1.0F / sqrtf(block_sum<1>(squares) / static_cast<float>(dim) + eps);
}

/// A block a row.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kMostThreads)
    layer_norm_rows(const LayerNormModulateArgs args, std::int64_t begin) {
  const std::int64_t r = begin + blockIdx.x;
  const T* x = static_cast<const T*>(args.x) + r * args.x_stride;
  T* y = static_cast<T*>(args.y) + r * args.y_stride;
  const Share share{static_cast<int>(threadIdx.x) * kWidth, static_cast<int>(blockDim.x) * kWidth,
                    static_cast<int>(args.dim)};
  Row row{args.scale + r * args.scale_stride, args.shift + r * args.shift_stride, 0, 0};
  float held[kHeld][kWidth], more[kWidth];
  find_moments(x, share, args.eps, held, row);

  const auto [first, step, dim] = share;
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    if (first + k * step < dim) write_modulated(held[k], row, first + k * step, y);
  }
  for (int d = first + kHeld * step; d < dim; d += step) {
    load_elements<kWidth>(x + d, more);
    write_modulated(more, row, d, y);
  }
}

template <int kWidth>
__device__ __forceinline__ float largest_of(const float (&values)[kWidth], float largest) {
#pragma unroll
  for (int i = 0; i < kWidth; ++i) largest = larger_size(largest, values[i]);
  return largest;
}

template <int kWidth>
__device__ __forceinline__ void quantise(const float (&values)[kWidth], float inverse,
                                         std::int8_t* y) {
  Pack<std::int8_t, kWidth> pack;
#pragma unroll
  for (int i = 0; i < kWidth; ++i) {
    pack.elements[i] =
        static_cast<std::int8_t>(inverse > 0 ? __float2int_rn(values[i] * inverse) : 0);
  }
  store_vector(y, pack);
}

/// The same, in int8. Longer rows than a block keeps are modulated twice.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kMostInt8Threads)
    layer_norm_int8_rows(const LayerNormQuantiseArgs args, std::int64_t begin) {
  const LayerNormModulateArgs& norm = args.norm;
  const std::int64_t r = begin + blockIdx.x;
  const T* x = static_cast<const T*>(norm.x) + r * norm.x_stride;
  std::int8_t* y = static_cast<std::int8_t*>(norm.y) + r * norm.y_stride;
  const Share share{static_cast<int>(threadIdx.x) * kWidth, static_cast<int>(blockDim.x) * kWidth,
                    static_cast<int>(norm.dim)};
  Row row{norm.scale + r * norm.scale_stride, norm.shift + r * norm.shift_stride, 0, 0};
  float held[kHeld][kWidth], more[kWidth], largest = 0;
  find_moments(x, share, norm.eps, held, row);

  const auto [first, step, dim] = share;
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    if (first + k * step >= dim) break;
    modulate(held[k], row, first + k * step, held[k]);
    largest = largest_of(held[k], largest);
  }
  for (int d = first + kHeld * step; d < dim; d += step) {
    load_elements<kWidth>(x + d, more);
    modulate(more, row, d, more);
    largest = largest_of(more, largest);
  }
  const float scale = block_largest<2>(largest) / 127.0F;
  const float inverse = scale > 0 ? 1.0F / scale : 0.0F;
  if (threadIdx.x == 0) args.row_scales[r] = scale;

#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    if (first + k * step < dim) quantise(held[k], inverse, y + first + k * step);
  }
  for (int d = first + kHeld * step; d < dim; d += step) {
    load_elements<kWidth>(x + d, more);
    modulate(more, row, d, more);
    quantise(more, inverse, y + d);
  }
}

template <typename T>
bool reads_vectors(const LayerNormModulateArgs& args) {
  return args.dim % kPackWidth<T> == 0 && is_aligned<T>(args.x, args.x_stride) &&
         is_aligned<float>(args.scale, args.scale_stride) &&
         is_aligned<float>(args.shift, args.shift_stride);
}

template <typename T>
int launch(const LayerNormModulateArgs& args, std::int64_t begin, std::int64_t end,
           CudaStream stream) {
  constexpr int kWidth = kPackWidth<T>;
  const bool aligned = reads_vectors<T>(args) && is_aligned<T>(args.y, args.y_stride);
  const std::int64_t items = args.dim / (aligned ? kWidth : 1);
  const Launch rows{end - begin, threads_for(items, kHeld, kMostThreads), 0, stream};
  return aligned ? launch_blocks(rows, layer_norm_rows<T, kWidth>, args, begin)
                 : launch_blocks(rows, layer_norm_rows<T, 1>, args, begin);
}

template <typename T>
int launch_int8(const LayerNormQuantiseArgs& args, std::int64_t begin, std::int64_t end,
                CudaStream stream) {
  constexpr int kWidth = kPackWidth<T>;
  const LayerNormModulateArgs& norm = args.norm;
  if (!reads_vectors<T>(norm) || !is_aligned<std::int8_t>(norm.y, norm.y_stride, kWidth)) {
    return cudaErrorInvalidValue;
  }
  const unsigned threads = threads_for(norm.dim / kWidth, kHeld, kMostInt8Threads);
  return launch_blocks({end - begin, threads, 0, stream}, layer_norm_int8_rows<T, kWidth>, args,
                       begin);
}

}  // namespace

int layer_norm_modulate_cuda(const LayerNormModulateArgs& args, std::int64_t begin,
                             std::int64_t end, CudaStream stream) {
  if (args.dim < 1 || args.dim > 0x3fffffff) return cudaErrorInvalidValue;
  return args.type == ElementType::kF32 ? launch<float>(args, begin, end, stream)
                                        : launch<__nv_bfloat16>(args, begin, end, stream);
}

int layer_norm_quantise_cuda(const LayerNormQuantiseArgs& args, std::int64_t begin,
                             std::int64_t end, CudaStream stream) {
  if (args.norm.dim < 1 || args.norm.dim > 0x3fffffff) return cudaErrorInvalidValue;
  return args.norm.type == ElementType::kF32 ? launch_int8<float>(args, begin, end, stream)
                                             : launch_int8<__nv_bfloat16>(args, begin, end, stream);
}

}  // namespace zoetrope::kernels
