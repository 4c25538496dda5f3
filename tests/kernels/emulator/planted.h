#pragma once

#include <cstdint>

namespace emulator::test {

/// What is wrong with a kernel of planted.cu.
enum class Bug {
  kNone,
  kNoSync,            // partial results are read without a barrier
  kEarlyReturn,       // warps without work leave before the barrier
  kExtraWarpBarrier,  // one lane comes to __syncwarp once more than the others
  kSplitBarrier,      // halves of a block wait at two different __syncthreads
  kAbsentLane,        // a shuffle reads from a lane that it does not name
  kNoWait,            // copies are used without a wait
  kWaitTooFew,        // the wait leaves the group that is needed in flight
  kNoSyncAfterWait,   // other threads' copies are used after one's own wait
  kNoSyncAtLoopEnd,   // a stage is filled again while others read it
  kTailRows,          // rows behind the last are read
  kNoMask,            // elements behind the row's end are multiplied
  kNoLastWait,        // the kernel ends with copies on their way
  kNoWarpBarrier,     // lanes read what other lanes of the warp wrote, without __syncwarp
  kAbsentee,          // a lane returns before __syncwarp
  kUnguarded,         // columns behind the last are read
  kNoPadding,         // a column of a tile lies in one bank
  kStoreUnguarded,    // columns behind the last are written
  kMisaligned,        // 16 bytes from an address that is no multiple of 16
  kUnwritten,         // shared memory is read that nobody wrote
  kPastTile,          // an index runs out of the shared tile
  kWriteInput,        // an input is written
  kPlainCounter,      // blocks add to a counter without an atomic
};

/// y[0] = sum of x[0, count), by 4 warps of one block.
void sum(const float* x, float* y, int count, Bug bug);

/// y [rows, 16] = a [rows, depth] * b [16, depth]^T; rows <= 64, pitch elements from row to row.
struct Product {
  const void *a, *b;
  float* y;
  int rows, depth, pitch;
};
void multiply(const Product& product, Bug bug);

/// y [columns, rows] = x [rows, columns]^T
void transpose(const float* x, float* y, int rows, int columns, Bug bug);

/// counter[0] += 1 in each of `blocks` blocks.
void count_blocks(int* counter, int blocks, Bug bug);

/// y[i] = x[i] for i < 4 * count, 16 bytes a thread.
void copy_vectors(const float* x, float* y, int count, Bug bug);

/// Each lane passes a value to the next one of its warp through shared memory.
void pass_on(float* y, Bug bug);

}  // namespace emulator::test
