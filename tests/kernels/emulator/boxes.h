#pragma once

namespace emulator::test {

/// What is wrong with the kernel of boxes.cu.
enum class BoxBug {
  kNone,
  kNoWait,           // boxes are read without a wait
  kOneWarpWaits,     // and without a barrier that would tell the other warps
  kNoSyncAtLoopEnd,  // a box is copied over one that others read
  kNoSyncAfterInit,  // barriers are used without a block barrier after their init
  kNoInitFence,      // copies signal a barrier whose init was not fenced
  kBytesTooMany,     // 16 bytes are expected that never come
  kBytesTooFew,      // the wait does not cover the whole box
  kNoLastWait,       // the kernel ends under a copy
  kNotSwizzled,      // the reader takes elements where they would lie without a swizzle
  kPastMemory,       // the map says that there are more rows than there are
  kMisaligned,       // a box lies at a multiple of 64 bytes alone
};

/// y [rows, columns] = x [rows, columns], 16-bit elements, through boxes of 16 x 64 in shared
/// memory by way of two places. `pitch` of x in elements; y has `columns`. False if x was refused.
struct Copied {
  const unsigned short* x;
  unsigned short* y;
  int rows, columns, pitch;
};
bool copy_by_boxes(const Copied& copied, BoxBug bug);

}  // namespace emulator::test
