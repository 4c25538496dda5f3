#include "kernels/attention/attention.h"
#include "kernels/attention/attention_tile.h"
#include "kernels/common/cuda_rows.h"

namespace zoetrope::kernels {
namespace {

constexpr float kLog2E = 1.44269504088896341F;

/// What one thread knows of its two rows of queries, lane / 4 and that + 8 of the warp's 16.
template <int kHead>
struct Running {
  float sums[kHead / 8][4] = {};  // of weighted values, not yet divided
  float maximum[2] = {-INFINITY, -INFINITY};
  float total[2] = {0, 0};  // of this thread's weights

  /// Turns scores into weights 2^(factor * (score - maximum)) and rescales what is there for a new
  /// maximum.
  __device__ __forceinline__ void weigh(float (&scores)[8][4], float factor) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float largest = maximum[half];
#pragma unroll
      for (int n = 0; n < 8; ++n) {
        largest = fmaxf(largest, fmaxf(scores[n][2 * half], scores[n][2 * half + 1]));
      }
      largest = fmaxf(largest, __shfl_xor_sync(0xffffffffU, largest, 1));
      largest = fmaxf(largest, __shfl_xor_sync(0xffffffffU, largest, 2));
      // Where all keys so far are hidden: any finite number, so that -infinity less it stays so.
      const float origin = largest == -INFINITY ? 0.0F : largest * factor;
      const float correction = fast_exp2(maximum[half] * factor - origin);
      maximum[half] = largest;
      float sum = 0;
#pragma unroll
      for (int n = 0; n < 8; ++n) {
#pragma unroll
        for (int i = 2 * half; i < 2 * half + 2; ++i) {
          scores[n][i] = fast_exp2(scores[n][i] * factor - origin);
          sum += scores[n][i];
        }
      }
      total[half] = total[half] * correction + sum;
#pragma unroll
      for (int n = 0; n < kHead / 8; ++n) {
        sums[n][2 * half] *= correction;
        sums[n][2 * half + 1] *= correction;
      }
    }
  }
};

/// The key of score [n][i] of this thread.
__device__ __forceinline__ int key_of(int n, int i) {
  return 8 * n + 2 * (static_cast<int>(threadIdx.x) % 4) + i % 2;
}

__device__ __forceinline__ void hide_missing_keys(float (&scores)[8][4], int left) {
#pragma unroll
  for (int n = 0; n < 8; ++n) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if (key_of(n, i) >= left) scores[n][i] = -INFINITY;
    }
  }
}

/// Scores in units of log2, with the bias of the `left` keys that there are. A lane reads those of
/// two keys and passes them on: 16 loads of its own would take 16 registers.
__device__ __forceinline__ void add_bias(float (&scores)[8][4], float factor, const float* bias,
                                         int left) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const float low = lane < left ? bias[lane] * kLog2E : 0.0F;
  const float high = lane + 32 < left ? bias[lane + 32] * kLog2E : 0.0F;
#pragma unroll
  for (int n = 0; n < 8; ++n) {
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      const float own = __shfl_sync(0xffffffffU, n < 4 ? low : high, key_of(n, i) % 32);
      scores[n][i] = scores[n][i] * factor + own;
      scores[n][i + 2] = scores[n][i + 2] * factor + own;
    }
  }
}

/// Divides, and writes the warp's rows by way of its 16 rows of the tile, so that a row leaves in
/// pieces of 16 bytes.
template <int kHead>
__device__ __forceinline__ void write_rows(const Running<kHead>& running, const AttentionArgs& args,
                                           std::int64_t query, std::int64_t head,
                                           AttentionTile<kHead>& tile) {
  constexpr int kChunks = AttentionTile<kHead>::kChunks;
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float total = running.total[half];
    total += __shfl_xor_sync(0xffffffffU, total, 1);
    total += __shfl_xor_sync(0xffffffffU, total, 2);
    const float inverse = 1.0F / total;
    const int row = 16 * warp + lane / 4 + 8 * half;
#pragma unroll
    for (int n = 0; n < kHead / 8; ++n) {
      *reinterpret_cast<unsigned*>(tile.chunk(row, n) + 2 * (lane % 4)) =
          pack_bf16(running.sums[n][2 * half] * inverse, running.sums[n][2 * half + 1] * inverse);
    }
  }
  __syncwarp();
  auto* y = static_cast<__nv_bfloat16*>(args.y) + head * args.y_head_stride;
#pragma unroll
  for (int i = 0; i < 16 * kChunks / 32; ++i) {
    const int row = 16 * warp + (lane + 32 * i) / kChunks, chunk = (lane + 32 * i) % kChunks;
    if (query + row >= args.queries) break;
    store_vector(y + (query + row) * args.y_token_stride + 8 * chunk,
                 load_vector<uint4>(tile.chunk(row, chunk)));
  }
}

__device__ __forceinline__ const __nv_bfloat16* offset(const void* first, std::int64_t elements) {
  return static_cast<const __nv_bfloat16*>(first) + elements;
}

/// Blocks that a multiprocessor's registers shall hold: as many as spill none.
template <int kHead, bool kBiased>
constexpr int kBlocksAtOnce = kHead == 64 || (kHead == 96 && !kBiased) ? 3 : 2;

/// A block computes 64 queries of a head, each warp 16 of them, over all keys in tiles of 64. One
/// tile of keys and one of values are in shared memory: while the scores are computed the values
/// come, and while the values are multiplied the next keys.
template <int kHead, bool kBiased>
__global__ void __launch_bounds__(kAttentionThreads, kBlocksAtOnce<kHead, kBiased>)
    attention_tiles(const AttentionArgs args, unsigned query_tiles) {
  auto* tiles = static_cast<AttentionTile<kHead>*>(dynamic_shared_memory());
  AttentionTile<kHead>&keys = tiles[0], &values = tiles[1];
  const std::int64_t head = blockIdx.x / query_tiles;
  const std::int64_t query = std::int64_t{blockIdx.x % query_tiles} * kTileRows;
  TileSource<kHead> q_source(offset(args.q, head * args.q_head_stride), args.q_token_stride, query,
                             args.queries);
  TileSource<kHead> k_source(offset(args.k, head * args.k_head_stride), args.k_token_stride, 0,
                             args.keys);
  TileSource<kHead> v_source(offset(args.v, head * args.v_head_stride), args.v_token_stride, 0,
                             args.keys);

  q_source.copy_next(values);
  k_source.copy_next(keys);
  commit_copies();
  wait_copies<0>();
  __syncthreads();
  unsigned q[kHead / 16][4];
  load_left(values, q);
  __syncthreads();  // the queries are in registers: values may come
  v_source.copy_next(values);
  commit_copies();

  Running<kHead> running;
  const float factor = args.scale * kLog2E;
  const float* bias = args.key_bias;
  for (int left = static_cast<int>(args.keys);; left -= kTileRows) {
    const bool last = left <= kTileRows;
    float scores[8][4];
    multiply_keys(q, keys, scores);
    wait_copies<0>();
    __syncthreads();  // these values are there, and nobody needs these keys
    if (!last) {
      k_source.copy_next(keys);
      commit_copies();
    }

    if (kBiased) add_bias(scores, factor, bias, left);
    if (left < kTileRows) hide_missing_keys(scores, left);
    running.weigh(scores, kBiased ? 1.0F : factor);
    multiply_values(scores, values, running.sums);

    if (last) break;
    bias += kTileRows;
    wait_copies<0>();
    __syncthreads();  // the next keys are there, and nobody needs these values
    v_source.copy_next(values);
    commit_copies();
  }
  write_rows(running, args, query, head, keys);
}

bool is_aligned_head(const void* first, std::int64_t token_stride, std::int64_t head_stride) {
  return is_aligned<__nv_bfloat16>(first, token_stride) &&
         is_aligned<__nv_bfloat16>(first, head_stride);
}

template <int kHead>
int launch(const AttentionArgs& args, CudaStream stream) {
  const std::int64_t query_tiles = (args.queries + kTileRows - 1) / kTileRows;
  const Launch grid{query_tiles * args.heads, kAttentionThreads, 2 * sizeof(AttentionTile<kHead>),
                    stream};
  const auto tiles = static_cast<unsigned>(query_tiles);
  return args.key_bias == nullptr ? launch_blocks(grid, attention_tiles<kHead, false>, args, tiles)
                                  : launch_blocks(grid, attention_tiles<kHead, true>, args, tiles);
}

}  // namespace

int attention_cuda(const AttentionArgs& args, CudaStream stream) {
  if (!is_aligned_head(args.q, args.q_token_stride, args.q_head_stride) ||
      !is_aligned_head(args.k, args.k_token_stride, args.k_head_stride) ||
      !is_aligned_head(args.v, args.v_token_stride, args.v_head_stride) ||
      !is_aligned_head(args.y, args.y_token_stride, args.y_head_stride) || args.keys < 1 ||
      args.keys > 0x3fffffff || args.queries > 0x3fffffff || !(args.scale > 0)) {
    return cudaErrorInvalidValue;
  }
  switch (args.head_dim) {
    case 64:
      return launch<64>(args, stream);
    case 96:
      return launch<96>(args, stream);
    case 128:
      return launch<128>(args, stream);
    default:
      return cudaErrorInvalidValue;
  }
}

}  // namespace zoetrope::kernels
