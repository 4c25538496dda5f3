#pragma once

// Stands in for kernels/cuda/cuda_hopper.h where kernels are compiled for the emulator: the same
// functions, whose documentation is there.

#include <cuda_device.h>

namespace zoetrope::kernels {

struct Barrier {
  alignas(8) std::uint64_t word;
};

inline void init_barrier(Barrier& barrier, unsigned count) {
  emulator::init_barrier(&barrier, count);
}
inline void fence_barrier_init() { emulator::fence_barrier_init(); }
inline void arrive(Barrier& barrier) { emulator::arrive(&barrier, 0); }
inline void arrive_expecting(Barrier& barrier, unsigned bytes) {
  emulator::arrive(&barrier, bytes);
}
inline void wait_barrier(Barrier& barrier, unsigned parity) {
  emulator::wait_barrier(&barrier, parity);
}

}  // namespace zoetrope::kernels
