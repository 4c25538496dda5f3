#pragma once

// Tiles in shared memory and fragments in registers, of attention_cuda.cu. For .cu files alone.

#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_device.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

namespace zoetrope::kernels {

constexpr int kQueryRows = 64, kAttentionThreads = 128;

/// Keys of a tile: where the sums take most of the registers, fewer scores at a time.
template <int kHead>
constexpr int kKeyRows = kHead <= 192 ? 64 : 32;

/// What a thread has of the scores of a tile of keys.
template <int kHead>
using Scores = float[kKeyRows<kHead> / 8][4];

/// Tokens of a head, of which only the bits matter here. The 16-byte chunks of a row are
/// permuted so that ldmatrix, which reads the same chunk of eight rows, finds them in different
/// banks.
template <int kHead, int kRows>
struct AttentionTile {
  static constexpr int kChunks = kHead / 8;
  static_assert(kChunks % 4 == 0);

  std::uint16_t elements[kRows * kHead];

  __device__ __forceinline__ std::uint16_t* chunk(int row, int index) {
    // Rows of whole 128-byte lines begin at bank 0, others in turn at bank 0 and bank 16.
    const int permuted = index ^ (kChunks % 8 == 0 ? row & 7 : row >> 1 & 3);
    return elements + row * kHead + 8 * permuted;
  }
};

template <int kHead>
using QueryTile = AttentionTile<kHead, kQueryRows>;
template <int kHead>
using KeyTile = AttentionTile<kHead, kKeyRows<kHead>>;

/// The rows of a head, from which all threads of a block copy tile after tile. A request of a warp
/// reads whole sectors, and its chunks lie in different banks.
template <int kHead>
class TileSource {
 public:
  /// Rows from `begin` on of a tensor of this head, `stride` elements apart, of `rows` in all; each
  /// has `channels` elements.
  __device__ __forceinline__ TileSource(const void* head, std::int64_t stride, std::int64_t begin,
                                        std::int64_t rows, std::int64_t channels)
      : stride_(stride),
        left_(static_cast<int>(rows - begin) - row()),
        channels_left_(static_cast<int>(channels) - 8 * chunk()) {
    from_ = static_cast<const std::uint16_t*>(head) + (begin + row()) * stride + 8 * chunk();
  }

  /// Starts to copy the next rows into a tile, zeros behind the last one and behind the last
  /// channel.
  template <int kRows>
  __device__ __forceinline__ void copy_next(AttentionTile<kHead, kRows>& tile) {
    std::uint16_t* to = tile.chunk(row(), chunk());
#pragma unroll
    for (int r = 0; r < kRows; r += kRowsAtOnce) {
#pragma unroll
      for (int c = 0; c < kHead; c += 8 * kChunksAtOnce) {
        const bool valid = r < left_ && c < channels_left_;
        // Neither step changes the bits of row and chunk that the permutation looks at.
        copy_async_16(to + r * kHead + c, from_ + c, valid);
      }
      from_ += kRowsAtOnce * stride_;
    }
    left_ -= kRows;
  }

 private:
  static constexpr int kChunksAtOnce = kHead % 64 == 0 ? 8 : 4;
  static constexpr int kRowsAtOnce = kAttentionThreads / kChunksAtOnce;
  __device__ __forceinline__ static int row() {
    return static_cast<int>(threadIdx.x) / kChunksAtOnce;
  }
  __device__ __forceinline__ static int chunk() {
    return static_cast<int>(threadIdx.x) % kChunksAtOnce;
  }

  const std::uint16_t* from_;  // this thread's first chunk of the next tile
  std::int64_t stride_;
  int left_;           // rows from this thread's first one on
  int channels_left_;  // from its first chunk on
};

/// The 16 rows of this warp as the left operand of mma, one fragment for each 16 channels. They
/// are held in registers, but for heads so large that the sums need those.
template <int kHead>
class Queries {
 public:
  static constexpr bool kHeld = kHead <= 128;
  static constexpr int kUnrolled = kHeld ? kHead / 16 : 2;

  __device__ __forceinline__ explicit Queries(QueryTile<kHead>& tile) : tile_(&tile) {
    if constexpr (kHeld) {
#pragma unroll
      for (int k = 0; k < kHead / 16; ++k) load(k, held_[k]);
    }
  }

  using Fragment = unsigned[4];

  /// Those of channels 16 k to 16 k + 15; `room` is for those that are not held. No copy is made:
  /// with one, nvcc computed the addresses of the keys anew for each product.
  __device__ __forceinline__ const Fragment& get(int k, Fragment& room) {
    if constexpr (kHeld) {
      return held_[k];
    } else {
      load(k, room);
      return room;
    }
  }

 private:
  __device__ __forceinline__ void load(int k, Fragment& fragment) {
    const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
    load_matrices_x4(fragment, tile_->chunk(16 * warp + lane % 16, 2 * k + lane / 16));
  }

  QueryTile<kHead>* tile_;
  Fragment held_[kHeld ? kHead / 16 : 1];
};

/// scores [16, keys] = q [16, kHead] * keys [keys, kHead]^T. T: what the elements are.
template <typename T, int kHead>
__device__ __forceinline__ void multiply_keys(Queries<kHead>& queries, KeyTile<kHead>& keys,
                                              Scores<kHead>& scores) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
  for (int n = 0; n < kKeyRows<kHead> / 8; ++n)
    scores[n][0] = scores[n][1] = scores[n][2] = scores[n][3] = 0;
#pragma unroll(Queries <kHead>::kUnrolled)
  for (int k = 0; k < kHead / 16; ++k) {
    unsigned room[4];
    const auto& q = queries.get(k, room);
#pragma unroll
    for (int n = 0; n < kKeyRows<kHead> / 8; n += 2) {
      unsigned b[4];
      load_matrices_x4(b, keys.chunk(8 * n + lane % 8 + lane / 16 * 8, 2 * k + lane / 8 % 2));
      multiply_add(scores[n], q, b[0], b[1], T{});
      multiply_add(scores[n + 1], q, b[2], b[3], T{});
    }
  }
}

__device__ __forceinline__ __nv_bfloat162 pair_of(float low, float high, __nv_bfloat16) {
  return __floats2bfloat162_rn(low, high);
}
__device__ __forceinline__ __half2 pair_of(float low, float high, __half) {
  return __floats2half2_rn(low, high);
}

template <typename T>
__device__ __forceinline__ unsigned pack(float low, float high) {
  const auto pair = pair_of(low, high, T{});
  unsigned bits;
  memcpy(&bits, &pair, sizeof bits);
  return bits;
}

/// sums [16, kHead] += weights [16, keys] * values [keys, kHead]. The accumulators of one product
/// are laid out as the left operand of the next.
template <typename T, int kHead>
__device__ __forceinline__ void multiply_values(const Scores<kHead>& weights,
                                                KeyTile<kHead>& values,
                                                float (&sums)[kHead / 8][4]) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
  for (int k = 0; k < kKeyRows<kHead> / 16; ++k) {
    const float(&left)[4] = weights[2 * k];
    const float(&right)[4] = weights[2 * k + 1];
    const unsigned a[4] = {pack<T>(left[0], left[1]), pack<T>(left[2], left[3]),
                           pack<T>(right[0], right[1]), pack<T>(right[2], right[3])};
#pragma unroll
    for (int n = 0; n < kHead / 8; n += 2) {
      unsigned b[4];
      load_matrices_x4_transposed(b, values.chunk(16 * k + lane % 16, n + lane / 16));
      multiply_add(sums[n], a, b[0], b[1], T{});
      multiply_add(sums[n + 1], a, b[2], b[3], T{});
    }
  }
}

}  // namespace zoetrope::kernels
