#pragma once

namespace emulator::test {

/// What is wrong with the kernel of barriers.cu.
enum class BarrierBug {
  kNone,
  kNoFullWait,       // tiles are read without a wait for them
  kNoEmptyWait,      // a tile is written again without a wait for its readers
  kWrongParity,      // readers wait for the other parity
  kNoSyncAfterInit,  // barriers are used without a block barrier after their init
  kNoInit,           // or without an init
  kInitTwice,
  kBytesTooMany,    // bytes are expected that never come
  kArriveTooOften,  // one reader arrives twice
  kReleasedEarly,   // readers arrive before they read
  kWrittenLate,     // the writer arrives before it writes
};

/// Warp 0 passes `tiles` tiles of 32 values from x through two places to the other three warps:
/// y[t][w][i] = x[t][(i + w) % 32].
void pass_tiles(const float* x, float* y, int tiles, BarrierBug bug);

}  // namespace emulator::test
