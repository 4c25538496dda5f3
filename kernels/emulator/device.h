#pragma once

#include <cstddef>
#include <cstdint>

/// What the stand-in headers in include/ call. Each function takes the caller's source line from
/// its return address.
namespace emulator {

enum class Access : std::uint8_t { kRead, kWrite, kAtomic };

struct Index3 {
  unsigned x = 0, y = 0, z = 0;
};

struct LaunchShape {
  Index3 grid, block;
  std::size_t dynamic_shared_bytes = 0;
};

/// Runs a grid: invoke(closure) once a thread. False: not a shape that a GPU takes (reported).
bool launch(const LaunchShape& shape, void (*invoke)(const void*), const void* closure,
            std::size_t closure_bytes);

/// __syncthreads().
void block_barrier();

/// __syncwarp(mask).
void warp_barrier(unsigned mask);

/// A checked access of the running thread as one request. Compilers may split or join plain
/// accesses, whose widths then say nothing; vector loads and stores, and atomics, come here.
void fetch(const void* address, void* value, unsigned bytes, Access kind);
void put(void* address, const void* value, unsigned bytes, Access kind);

/// The value that `source_lane` brings to the same shuffle.
std::uint64_t shuffle(unsigned mask, std::uint64_t value, int source_lane);

/// One bit for each lane of the mask whose predicate holds.
unsigned ballot(unsigned mask, bool predicate);

/// cp.async: the first `source_bytes` of `bytes` from global memory, zeros after them.
void copy_async(void* shared, const void* global, unsigned bytes, unsigned source_bytes);
void commit_copies();
/// cp.async.wait_group: all but the newest `pending` groups of this thread have landed.
void wait_copies(unsigned pending);

/// ldmatrix.x1, .x2 or .x4: `row` is the 16-byte row that this lane names.
void load_matrices(unsigned* registers, unsigned count, bool transposed, const void* row);

enum class MmaType : std::uint8_t { kBF16, kF16 };

/// mma.sync.m16n8k16, fp32 sums: c += a * b.
void multiply_m16n8k16(float* c, const unsigned* a, const unsigned* b, MmaType type);

/// mbarrier, 8 bytes of shared memory: the phase that runs ends with `count` arrivals and the bytes
/// that they expect; a wait is for the end of a phase of this parity, 0 for the first.
void init_barrier(void* barrier, unsigned count);
void fence_barrier_init();
void arrive(void* barrier, unsigned expected_bytes);
void wait_barrier(void* barrier, unsigned parity);

/// A matrix of 16-bit elements in global memory, from which boxes of box_rows x 64 are copied.
struct BoxedMatrix {
  const void* data = nullptr;
  std::uint64_t rows = 0, columns = 0, pitch = 0;  // pitch in bytes
  unsigned box_rows = 0;
};

/// cp.async.bulk.tensor.2d with the 128-byte swizzle; zeros where the matrix has ended. Its bytes
/// count for the phase of `barrier` that runs.
void copy_box(void* shared, const BoxedMatrix& matrix, int column, int row, void* barrier);

/// wgmma.m64nNk16 of bf16 with fp32 sums, as one of 128 threads brings it. Operands by descriptor
/// are K-major with the 128-byte swizzle.
struct Product {
  float* sums = nullptr;             // n / 2 of this thread
  const unsigned* a_held = nullptr;  // four registers of a, null where `a` describes it
  std::uint64_t a = 0, b = 0;        // descriptors
  unsigned n = 0;
  bool accumulates = true;  // else what the sums were counts for nothing
};
void issue_product(const Product& product);
void fence_products();
void commit_products();
/// wgmma.wait_group
void wait_products(unsigned pending);

/// fence.proxy.async: what this thread wrote is there for bulk copies and wgmma.
void fence_async_proxy();

/// setmaxnreg
void set_registers(unsigned count);

/// The offset in shared memory.
unsigned shared_address(const void* pointer);

/// The block's variable named by `key`, a new one at its first use.
void* static_shared(const void* key, std::size_t bytes, std::size_t alignment);
void* dynamic_shared();

}  // namespace emulator
