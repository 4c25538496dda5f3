#pragma once

// The asynchronous instructions of sm_90a, as kernels use them, beside <cuda_device.h>. Compiled
// for another architecture, all of this traps.

#include <cstdint>

#include <cuda_device.h>

#ifdef __CUDA_ARCH_FEAT_SM90_ALL
#define ZOETROPE_HOPPER(...) asm volatile(__VA_ARGS__)
#else
#define ZOETROPE_HOPPER(...) __trap()
#endif

namespace zoetrope::kernels {

/// An mbarrier in shared memory. Its phases end one after another: each with as many arrivals as
/// init said and with the bytes that they expect.
struct Barrier {
  alignas(8) std::uint64_t word;
};

/// By one thread, once; then fence_barrier_init() by it, and a barrier of the block.
__device__ __forceinline__ void init_barrier(Barrier& barrier, unsigned count) {
  ZOETROPE_HOPPER("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(&barrier)),
                  "r"(count)
                  : "memory");
}

/// Makes this thread's inits visible to bulk copies.
__device__ __forceinline__ void fence_barrier_init() {
  ZOETROPE_HOPPER("fence.mbarrier_init.release.cluster;" ::: "memory");
}

/// Releases what this thread did before.
__device__ __forceinline__ void arrive(Barrier& barrier) {
  ZOETROPE_HOPPER("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(&barrier))
                  : "memory");
}

/// The same, and the phase waits for `bytes` more of bulk copies.
__device__ __forceinline__ void arrive_expecting(Barrier& barrier, unsigned bytes) {
  ZOETROPE_HOPPER(
      "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(&barrier)),
      "r"(bytes)
      : "memory");
}

/// Returns when the phase of this parity has ended (the first phase has 0; what would be the one
/// before it, of parity 1, has ended already), and acquires what its arrivals and copies released.
__device__ __forceinline__ void wait_barrier(Barrier& barrier, unsigned parity) {
  unsigned ended = 1;
  do {
    ZOETROPE_HOPPER(
        "{\n"
        ".reg .pred ended;\n"
        "mbarrier.try_wait.parity.shared::cta.b64 ended, [%1], %2;\n"
        "selp.b32 %0, 1, 0, ended;\n"
        "}"
        : "=r"(ended)
        : "r"(shared_address(&barrier)), "r"(parity)
        : "memory");
  } while (ended == 0);
}

}  // namespace zoetrope::kernels
