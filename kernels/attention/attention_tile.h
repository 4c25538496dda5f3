#pragma once

// Tiles in shared memory and fragments in registers, of attention_cuda.cu. For .cu files alone.

#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_device.h>
#include <cuda_runtime.h>

namespace zoetrope::kernels {

constexpr int kTileRows = 64, kAttentionThreads = 128;

/// 64 tokens of a head. The 16-byte chunks of a row are permuted so that ldmatrix, which reads the
/// same chunk of eight rows, finds them in different banks.
template <int kHead>
struct AttentionTile {
  static constexpr int kChunks = kHead / 8;
  static_assert(kChunks % 4 == 0);

  __nv_bfloat16 elements[kTileRows * kHead];

  __device__ __forceinline__ __nv_bfloat16* chunk(int row, int index) {
    // Rows of whole 128-byte lines begin at bank 0, others in turn at bank 0 and bank 16.
    const int permuted = index ^ (kChunks % 8 == 0 ? row & 7 : row >> 1 & 3);
    return elements + row * kHead + 8 * permuted;
  }
};

/// The rows of a head, from which all threads of a block copy tile after tile. A request of a warp
/// reads whole sectors, and its chunks lie in different banks.
template <int kHead>
class TileSource {
 public:
  /// Rows [begin, end) of a tensor of this head, `stride` elements apart.
  __device__ __forceinline__ TileSource(const void* head, std::int64_t stride, std::int64_t begin,
                                        std::int64_t end)
      : stride_(stride), left_(static_cast<int>(end - begin) - row()) {
    from_ = static_cast<const __nv_bfloat16*>(head) + (begin + row()) * stride + 8 * chunk();
  }

  /// Starts to copy the next 64 rows, zeros behind the last one.
  __device__ __forceinline__ void copy_next(AttentionTile<kHead>& tile) {
    __nv_bfloat16* to = tile.chunk(row(), chunk());
#pragma unroll
    for (int r = 0; r < kTileRows; r += kRowsAtOnce) {
      const bool valid = r < left_;
#pragma unroll
      for (int c = 0; c < kHead; c += 8 * kChunksAtOnce) {
        // Neither step changes the bits of row and chunk that the permutation looks at.
        copy_async_16(to + r * kHead + c, from_ + c, valid);
      }
      from_ += kRowsAtOnce * stride_;
    }
    left_ -= kTileRows;
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

  const __nv_bfloat16* from_;  // this thread's first chunk of the next tile
  std::int64_t stride_;
  int left_;  // rows from this thread's first one on
};

/// The 16 rows of this warp as the left operand of mma: one fragment for each 16 channels.
template <int kHead>
__device__ __forceinline__ void load_left(AttentionTile<kHead>& tile,
                                          unsigned (&fragments)[kHead / 16][4]) {
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
#pragma unroll
  for (int k = 0; k < kHead / 16; ++k) {
    load_matrices_x4(fragments[k], tile.chunk(16 * warp + lane % 16, 2 * k + lane / 16));
  }
}

/// scores [16, 64] = q [16, kHead] * keys [64, kHead]^T
template <int kHead>
__device__ __forceinline__ void multiply_keys(const unsigned (&q)[kHead / 16][4],
                                              AttentionTile<kHead>& keys, float (&scores)[8][4]) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
  for (int n = 0; n < 8; ++n) scores[n][0] = scores[n][1] = scores[n][2] = scores[n][3] = 0;
#pragma unroll
  for (int k = 0; k < kHead / 16; ++k) {
#pragma unroll
    for (int n = 0; n < 8; n += 2) {
      unsigned b[4];
      load_matrices_x4(b, keys.chunk(8 * n + lane % 8 + lane / 16 * 8, 2 * k + lane / 8 % 2));
      multiply_add(scores[n], q[k], b[0], b[1], __nv_bfloat16{});
      multiply_add(scores[n + 1], q[k], b[2], b[3], __nv_bfloat16{});
    }
  }
}

__device__ __forceinline__ unsigned pack_bf16(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  unsigned bits;
  memcpy(&bits, &pair, sizeof bits);
  return bits;
}

/// sums [16, kHead] += weights [16, 64] * values [64, kHead]. The accumulators of one product are
/// laid out as the left operand of the next.
template <int kHead>
__device__ __forceinline__ void multiply_values(const float (&weights)[8][4],
                                                AttentionTile<kHead>& values,
                                                float (&sums)[kHead / 8][4]) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
  for (int k = 0; k < 4; ++k) {
    const float(&left)[4] = weights[2 * k];
    const float(&right)[4] = weights[2 * k + 1];
    const unsigned a[4] = {pack_bf16(left[0], left[1]), pack_bf16(left[2], left[3]),
                           pack_bf16(right[0], right[1]), pack_bf16(right[2], right[3])};
#pragma unroll
    for (int n = 0; n < kHead / 8; n += 2) {
      unsigned b[4];
      load_matrices_x4_transposed(b, values.chunk(16 * k + lane % 16, n + lane / 16));
      multiply_add(sums[n], a, b[0], b[1], __nv_bfloat16{});
      multiply_add(sums[n + 1], a, b[2], b[3], __nv_bfloat16{});
    }
  }
}

}  // namespace zoetrope::kernels
