#include "kernels/common/cuda_rows.h"
#include "kernels/gated_residual/gated_residual.h"

namespace zoetrope::kernels {
namespace {

constexpr unsigned kMostThreads = 256;

/// `chunks` blocks a row, a vector of kWidth elements a thread; 1 for rows that are not aligned.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kMostThreads)
    gated_residual_chunks(const GatedResidualArgs args, std::int64_t begin, unsigned chunks) {
  const std::int64_t row = begin + blockIdx.x / chunks;
  const std::int64_t d = (std::int64_t{blockIdx.x % chunks} * blockDim.x + threadIdx.x) * kWidth;
  if (d >= args.dim) return;
  float x[kWidth], branch[kWidth], gate[kWidth], sum[kWidth];
  load_elements<kWidth>(static_cast<const T*>(args.x) + row * args.x_stride + d, x);
  load_elements<kWidth>(static_cast<const T*>(args.branch) + row * args.branch_stride + d, branch);
  load_elements<kWidth>(args.gate + row * args.gate_stride + d, gate);
#pragma unroll
  for (int i = 0; i < kWidth; ++i) sum[i] = x[i] + gate[i] * branch[i];
  store_elements<kWidth>(sum, static_cast<T*>(args.y) + row * args.y_stride + d);
}

template <typename T>
int launch(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end, CudaStream stream) {
  constexpr int kWidth = kPackWidth<T>;
  const bool aligned = args.dim % kWidth == 0 && is_aligned<T>(args.x, args.x_stride) &&
                       is_aligned<T>(args.branch, args.branch_stride) &&
                       is_aligned<T>(args.y, args.y_stride) &&
                       is_aligned<float>(args.gate, args.gate_stride);
  const std::int64_t items = args.dim / (aligned ? kWidth : 1);
  const unsigned threads = threads_for(items, 1, kMostThreads);
  const auto chunks = static_cast<unsigned>((items + threads - 1) / threads);
  const Launch grid{(end - begin) * chunks, threads, 0, stream};
  return aligned ? launch_blocks(grid, gated_residual_chunks<T, kWidth>, args, begin, chunks)
                 : launch_blocks(grid, gated_residual_chunks<T, 1>, args, begin, chunks);
}

}  // namespace

int gated_residual_cuda(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end,
                        CudaStream stream) {
  if (args.dim < 1 || args.dim > 0x3fffffff) return cudaErrorInvalidValue;
  return args.type == ElementType::kF32 ? launch<float>(args, begin, end, stream)
                                        : launch<__nv_bfloat16>(args, begin, end, stream);
}

}  // namespace zoetrope::kernels
