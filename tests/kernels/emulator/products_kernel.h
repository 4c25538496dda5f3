#pragma once

#include <cuda_bf16.h>
#include <cuda_hopper.h>
#include <cuda_runtime.h>

#include "kernels/emulator/products.h"

namespace emulator::test {

namespace device = zoetrope::kernels;

constexpr int kTileColumns = 64, kTileRowBytes = 128;

/// Where element (row, column) of a tile lies, in elements. CuTe: Swizzle<3, 4, 3> of byte
/// addresses in rows of 128 bytes, which is GMMA::Layout_K_SW128_Atom.
__device__ inline int place_in_tile(int row, int column) {
  return row * kTileColumns + (column ^ (row % 8 * 8));
}

__device__ inline void store_tile(unsigned char* tile, const __nv_bfloat16* x, int rows) {
  auto* elements = reinterpret_cast<__nv_bfloat16*>(tile);
  for (int i = static_cast<int>(threadIdx.x); i < rows * kTileColumns; i += 128) {
    elements[place_in_tile(i / kTileColumns, i % kTileColumns)] = x[i];
  }
}

/// What this thread brings of a in registers, for step k: the test put it in order.
__device__ inline void hold_rows(unsigned (&held)[4], const __nv_bfloat16* a, int k) {
  const auto* pairs = reinterpret_cast<const unsigned*>(a);
  for (int r = 0; r < 4; ++r) held[r] = pairs[(static_cast<int>(threadIdx.x) * 4 + k) * 4 + r];
}

template <ProductBug kBug, int kSums, bool kHeld>
__device__ inline void multiply_tiles(float (&sums)[kSums], const unsigned char* a_tile,
                                      const unsigned char* b_tile, const __nv_bfloat16* a) {
  const unsigned stride = kBug == ProductBug::kStride ? 0 : 1024;
  const int shift = kBug == ProductBug::kShiftedTile ? kTileRowBytes : 0;
  if constexpr (kHeld) {
    unsigned held[4][4];
    for (int k = 0; k < 4; ++k) hold_rows(held[k], a, k);
    if (kBug != ProductBug::kNoProductFence) device::fence_products(sums);
    for (int k = 0; k < 4; ++k) {
      const auto b = device::describe_tile(b_tile + shift + 32 * k, stride);
      device::multiply_add_async(sums, held[k], b, /*accumulates=*/true);
    }
  } else {
    if (kBug != ProductBug::kNoProductFence) device::fence_products(sums);
    for (int k = 0; k < 4; ++k) {
      const bool other = kBug == ProductBug::kOtherTile && threadIdx.x >= 96;
      device::multiply_add_async(
          sums, device::describe_tile(a_tile + 32 * k),
          device::describe_tile(b_tile + shift + 32 * (other ? 0 : k), stride),
          /*accumulates=*/true);
    }
  }
}

template <ProductBug kBug, int kSums, bool kHeld>
__global__ void __launch_bounds__(128, 1)
    product_kernel(const __nv_bfloat16* a, const __nv_bfloat16* b, float* y) {
  unsigned char* a_tile = device::swizzled_memory();
  unsigned char* b_tile = a_tile + 64 * kTileRowBytes;
  if (kBug == ProductBug::kTooManyRegisters) {
    device::take_registers<256>();
    return;
  }
  if (!kHeld) store_tile(a_tile, a, 64);
  store_tile(b_tile, b, 2 * kSums);
  if (kBug != ProductBug::kNoProxyFence) device::fence_async_proxy();
  if (kBug != ProductBug::kNoSync) __syncthreads();
  if (kBug == ProductBug::kMissingWarp && threadIdx.x >= 96) return;

  float sums[kSums];
  for (float& sum : sums) sum = 1;
  multiply_tiles<kBug, kSums, kHeld>(sums, a_tile, b_tile, a);
  if (kBug != ProductBug::kNoCommit) device::commit_products();
  if (kBug == ProductBug::kWrittenUnder && threadIdx.x == 127) b_tile[0] = 0;
  if (kBug == ProductBug::kWaitTooFew) {
    device::wait_products<1>(sums);
  } else if (kBug != ProductBug::kNoWait) {
    device::wait_products<0>(sums);
  }
  for (int i = 0; i < kSums; ++i) y[static_cast<int>(threadIdx.x) * kSums + i] = sums[i];
}

}  // namespace emulator::test
