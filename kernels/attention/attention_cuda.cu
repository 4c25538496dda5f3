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
  __device__ __forceinline__ void weigh(Scores<kHead>& scores, float factor) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float largest = maximum[half];
#pragma unroll
      for (int n = 0; n < kKeyRows<kHead> / 8; ++n) {
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
      for (int n = 0; n < kKeyRows<kHead> / 8; ++n) {
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

template <int kCount>
__device__ __forceinline__ void hide_missing_keys(float (&scores)[kCount][4], int left) {
#pragma unroll
  for (int n = 0; n < kCount; ++n) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if (key_of(n, i) >= left) scores[n][i] = -INFINITY;
    }
  }
}

/// Scores in units of log2, with the bias of the `left` keys that there are. A lane reads those of
/// two keys and passes them on: 16 loads of its own would take 16 registers.
template <int kCount>
__device__ __forceinline__ void add_bias(float (&scores)[kCount][4], float factor,
                                         const float* bias, int left) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const float low = lane < left ? bias[lane] * kLog2E : 0.0F;
  const float high = kCount > 4 && lane + 32 < left ? bias[lane + 32] * kLog2E : 0.0F;
#pragma unroll
  for (int n = 0; n < kCount; ++n) {
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
template <typename T, int kHead>
__device__ __forceinline__ void write_rows(const Running<kHead>& running, const AttentionArgs& args,
                                           std::int64_t query, std::int64_t head,
                                           QueryTile<kHead>& tile) {
  constexpr int kChunks = QueryTile<kHead>::kChunks;
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
          pack<T>(running.sums[n][2 * half] * inverse, running.sums[n][2 * half + 1] * inverse);
    }
  }
  __syncwarp();
  auto* y = static_cast<std::uint16_t*>(args.y) + head * args.y_head_stride;
#pragma unroll
  for (int i = 0; i < 16 * kChunks / 32; ++i) {
    const int row = 16 * warp + (lane + 32 * i) / kChunks, chunk = (lane + 32 * i) % kChunks;
    if (query + row >= args.queries) break;
    if (8 * chunk >= args.head_dim) continue;
    store_vector(y + (query + row) * args.y_token_stride + 8 * chunk,
                 load_vector<uint4>(tile.chunk(row, chunk)));
  }
}

__device__ __forceinline__ const std::uint16_t* offset(const void* first, std::int64_t elements) {
  return static_cast<const std::uint16_t*>(first) + elements;
}

/// Blocks that a multiprocessor's registers shall hold: as many as spill none.
template <int kHead, bool kBiased>
constexpr int kBlocksAtOnce = kHead == 64 || (kHead == 96 && !kBiased) ? 3 : 2;

/// A block computes 64 queries of a head, each warp 16 of them, over all keys tile by tile. One
/// tile of keys and one of values are in shared memory: while the scores are computed the values
/// come, and while the values are multiplied the next keys.
template <typename T, int kHead, bool kBiased>
__global__ void __launch_bounds__(kAttentionThreads, kBlocksAtOnce<kHead, kBiased>)
    attention_tiles(const AttentionArgs args, unsigned query_tiles) {
  constexpr int kRows = kKeyRows<kHead>;
  auto* tiles = static_cast<KeyTile<kHead>*>(dynamic_shared_memory());
  KeyTile<kHead>&keys = tiles[0], &values = tiles[1];
  // Queries that come to be held in registers pass through the values' tile, results through the
  // keys'. Others have a tile, of which a warp's rows are nobody else's.
  constexpr bool kHeld = Queries<kHead>::kHeld;
  auto* q_tile = reinterpret_cast<QueryTile<kHead>*>(kHeld ? &values : tiles + 2);
  auto* y_tile = kHeld ? reinterpret_cast<QueryTile<kHead>*>(&keys) : q_tile;
  const std::int64_t head = blockIdx.x / query_tiles;
  const std::int64_t query = std::int64_t{blockIdx.x % query_tiles} * kQueryRows;
  TileSource<kHead> q_source(offset(args.q, head * args.q_head_stride), args.q_token_stride, query,
                             args.queries, args.head_dim);
  TileSource<kHead> k_source(offset(args.k, head * args.k_head_stride), args.k_token_stride, 0,
                             args.keys, args.head_dim);
  TileSource<kHead> v_source(offset(args.v, head * args.v_head_stride), args.v_token_stride, 0,
                             args.keys, args.head_dim);

  q_source.copy_next(*q_tile);
  k_source.copy_next(keys);
  commit_copies();
  wait_copies<0>();
  __syncthreads();
  Queries<kHead> queries(*q_tile);
  if constexpr (kHeld) __syncthreads();  // q is in registers: values may come
  v_source.copy_next(values);
  commit_copies();

  Running<kHead> running;
  const float factor = args.scale * kLog2E;
  const float* bias = args.key_bias;
  for (int left = static_cast<int>(args.keys);; left -= kRows) {
    const bool last = left <= kRows;
    Scores<kHead> scores;
    multiply_keys<T>(queries, keys, scores);
    wait_copies<0>();
    __syncthreads();  // these values are there, and nobody needs these keys
    if (!last) {
      k_source.copy_next(keys);
      commit_copies();
    }

    if (kBiased) add_bias(scores, factor, bias, left);
    if (left < kRows) hide_missing_keys(scores, left);
    running.weigh(scores, kBiased ? 1.0F : factor);
    multiply_values<T>(scores, values, running.sums);

    if (last) break;
    bias += kRows;
    wait_copies<0>();
    __syncthreads();  // the next keys are there, and nobody needs these values
    v_source.copy_next(values);
    commit_copies();
  }
  write_rows<T>(running, args, query, head, *y_tile);
}

bool is_aligned_head(const void* first, std::int64_t token_stride, std::int64_t head_stride) {
  return is_aligned<__nv_bfloat16>(first, token_stride) &&
         is_aligned<__nv_bfloat16>(first, head_stride);
}

template <int kHead>
int launch_tiles(const AttentionArgs& args, CudaStream stream,
                 void (*kernel)(AttentionArgs, unsigned)) {
  constexpr std::size_t kBytes =
      2 * sizeof(KeyTile<kHead>) + (Queries<kHead>::kHeld ? 0 : sizeof(QueryTile<kHead>));
  if (kBytes > std::size_t{48} * 1024) {  // more has to be asked for
    const int status = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                            static_cast<int>(kBytes));
    if (status != cudaSuccess) return status;
  }
  const std::int64_t query_tiles = (args.queries + kQueryRows - 1) / kQueryRows;
  const Launch grid{query_tiles * args.heads, kAttentionThreads, kBytes, stream};
  return launch_blocks(grid, kernel, args, static_cast<unsigned>(query_tiles));
}

template <typename T, int kHead>
int launch_head(const AttentionArgs& args, CudaStream stream) {
  return launch_tiles<kHead>(args, stream,
                             args.key_bias == nullptr ? attention_tiles<T, kHead, false>
                                                      : attention_tiles<T, kHead, true>);
}

template <typename T>
int launch(const AttentionArgs& args, CudaStream stream) {
  if (args.head_dim <= 64) return launch_head<T, 64>(args, stream);
  if (args.head_dim <= 96) return launch_head<T, 96>(args, stream);
  if (args.head_dim <= 128) return launch_head<T, 128>(args, stream);
  if (args.head_dim <= 192) return launch_head<T, 192>(args, stream);
  return launch_head<T, 256>(args, stream);
}

}  // namespace

int attention_cuda(const AttentionArgs& args, CudaStream stream) {
  if (!is_aligned_head(args.q, args.q_token_stride, args.q_head_stride) ||
      !is_aligned_head(args.k, args.k_token_stride, args.k_head_stride) ||
      !is_aligned_head(args.v, args.v_token_stride, args.v_head_stride) ||
      !is_aligned_head(args.y, args.y_token_stride, args.y_head_stride) || args.keys < 1 ||
      args.keys > 0x3fffffff || args.queries > 0x3fffffff || !(args.scale > 0) ||
      !is_cuda_head(args.head_dim)) {
    return cudaErrorInvalidValue;
  }
  return args.type == AttentionType::kF16 ? launch<__half>(args, stream)
                                          : launch<__nv_bfloat16>(args, stream);
}

}  // namespace zoetrope::kernels
