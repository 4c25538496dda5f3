#pragma once

namespace emulator::test {

/// What is wrong with the kernel of products_kernel.h.
enum class ProductBug {
  kNone,
  kNoProductFence,  // registers that plain code wrote go into a wgmma without wgmma.fence
  kNoProxyFence,    // tiles that plain stores wrote, without fence.proxy.async
  kNoSync,          // tiles that other threads wrote, without a barrier
  kNoWait,          // sums are read without a wait
  kWaitTooFew,      // the wait leaves the group that is needed
  kNoCommit,        // the wait has no group to wait for
  kWrittenUnder,    // a tile is written before the wait
  kMissingWarp,     // a warp of the four stays away
  kOtherTile,       // a warp brings another tile than the others
  kStride,          // eight rows are taken for the next eight
  kShiftedTile,     // the tile does not begin where the swizzle does
  kTooManyRegisters,
  kCount,
};

/// By one group of 128 threads: sums [128, n / 2], of each thread, = 1 + a [64, 64] * b [n, 64]^T.
/// n is 64 or 128. held: a comes from registers, [128, 4, 4] of each thread and step; then n is 64.
struct GroupProduct {
  const void *a, *b;
  float* sums;
  int n;
  bool held;
};
void multiply_by_group(const GroupProduct& product, ProductBug bug);

}  // namespace emulator::test
