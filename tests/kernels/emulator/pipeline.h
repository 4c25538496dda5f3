#pragma once

namespace emulator::test {

/// What is wrong with a kernel of pipeline_kernel.h.
enum class PipelineBug {
  kNone,
  kNoFullWait,        // stages are multiplied without a wait for their copies
  kBytesTooMany,      // 16 bytes are expected that never come
  kNoSyncAfterInit,   // barriers are used without a block barrier after their init
  kStride,            // a descriptor names half of the stride between eight rows and the next
  kNoProductWait,     // sums are read without a wait for the products
  kRefilledEarly,     // simple: a stage is copied to before the wait for its products
  kNoEmptyWait,       // specialised: a stage is copied to without a wait for its release
  kWrongParity,       // specialised: the products wait for the other phase
  kWrongEmptyParity,  // specialised: the copies wait for the other phase
  kReleasedEarly,     // specialised: a stage is released before the wait for its products
  kCount,
};

/// y [rows, 64] = a [rows, depth] * b [64, depth]^T, bf16 with fp32 sums; pitch in elements, a
/// multiple of 8. By way of bulk copies, mbarriers and wgmma.
struct PipelinedProduct {
  const void *a, *b;
  float* y;
  int rows, depth, pitch;
};

/// By one warp group, whose first thread copies. False if a or b was refused.
bool multiply_simply(const PipelinedProduct& product, PipelineBug bug);

/// By two: one copies, the other multiplies.
bool multiply_specialised(const PipelinedProduct& product, PipelineBug bug);

/// The same without a bug, where nothing else is compiled.
bool multiply_without_bugs(const PipelinedProduct& product, bool specialised);

}  // namespace emulator::test
