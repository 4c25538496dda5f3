#include "kernels/common/cuda_rows.h"
#include "kernels/rope_3d/rope_3d.h"

namespace zoetrope::kernels {
namespace {

constexpr unsigned kMostThreads = 256;

/// `chunks` blocks a token, kPairs pairs a thread. kWidth: elements of an access to x and y; 1,
/// with one pair a thread, where they are not aligned.
template <typename T, int kPairs, int kWidth>
__global__ void __launch_bounds__(kMostThreads)
    rope_3d_tokens(const Rope3dArgs args, std::int64_t begin, unsigned chunks) {
  const std::int64_t token = begin + blockIdx.x / chunks;
  const auto groups = static_cast<unsigned>(args.pairs / kPairs);  // of a head
  const unsigned item = blockIdx.x % chunks * blockDim.x + threadIdx.x;
  const std::int64_t head = item / groups, pair = item % groups * kPairs;
  if (head >= args.heads) return;

  float x[2 * kPairs], cos[kPairs], sin[kPairs], y[2 * kPairs];
  load_elements<kWidth>(static_cast<const T*>(args.x) + token * args.x_token_stride +
                            head * args.x_head_stride + 2 * pair,
                        x);
  load_elements<kPairs>(args.cos + token * args.pairs + pair, cos);
  load_elements<kPairs>(args.sin + token * args.pairs + pair, sin);
#pragma unroll
  for (int j = 0; j < kPairs; ++j) {
    y[2 * j] = x[2 * j] * cos[j] - x[2 * j + 1] * sin[j];
    y[2 * j + 1] = x[2 * j] * sin[j] + x[2 * j + 1] * cos[j];
  }
  store_elements<kWidth>(y, static_cast<T*>(args.y) + token * args.y_token_stride +
                                head * args.y_head_stride + 2 * pair);
}

template <typename T>
int launch(const Rope3dArgs& args, std::int64_t begin, std::int64_t end, CudaStream stream) {
  constexpr int kWidth = kPackWidth<T>, kPairs = kWidth / 2;
  const bool aligned = args.pairs % kPairs == 0 && is_aligned<T>(args.x, args.x_token_stride) &&
                       is_aligned<T>(args.x, args.x_head_stride) &&
                       is_aligned<T>(args.y, args.y_token_stride) &&
                       is_aligned<T>(args.y, args.y_head_stride) &&
                       is_aligned<float>(args.cos, args.pairs, sizeof(float) * kPairs) &&
                       is_aligned<float>(args.sin, args.pairs, sizeof(float) * kPairs);
  const std::int64_t items = args.heads * (args.pairs / (aligned ? kPairs : 1));
  if (items > 0x3fffffff) return cudaErrorInvalidValue;
  const unsigned threads = threads_for(items, 1, kMostThreads);
  const auto chunks = static_cast<unsigned>((items + threads - 1) / threads);
  const Launch grid{(end - begin) * chunks, threads, 0, stream};
  return aligned ? launch_blocks(grid, rope_3d_tokens<T, kPairs, kWidth>, args, begin, chunks)
                 : launch_blocks(grid, rope_3d_tokens<T, 1, 1>, args, begin, chunks);
}

}  // namespace

int rope_3d_cuda(const Rope3dArgs& args, std::int64_t begin, std::int64_t end, CudaStream stream) {
  if (args.heads < 1 || args.pairs < 1) return cudaErrorInvalidValue;
  return args.type == ElementType::kF32 ? launch<float>(args, begin, end, stream)
                                        : launch<__nv_bfloat16>(args, begin, end, stream);
}

}  // namespace zoetrope::kernels
