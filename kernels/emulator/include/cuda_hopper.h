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

struct BoxedMatrix {
  const void* data;
  std::uint64_t rows, columns, pitch;
  unsigned box_rows;
};

struct alignas(64) TensorMap {
  emulator::BoxedMatrix matrix;
};

inline cudaError_t make_tensor_map(TensorMap& map, const BoxedMatrix& m) {
  // What the driver refuses.
  constexpr std::uint64_t kMost = std::uint64_t{1} << 32;
  const bool valid = reinterpret_cast<std::uintptr_t>(m.data) % 16 == 0 && m.pitch % 16 == 0 &&
                     m.pitch >= 2 * m.columns && m.pitch < 256 * kMost && m.rows >= 1 &&
                     m.rows <= kMost && m.columns >= 1 && m.columns <= kMost && m.box_rows >= 1 &&
                     m.box_rows <= 256;
  if (!valid) return cudaErrorInvalidValue;
  map.matrix = {m.data, m.rows, m.columns, m.pitch, m.box_rows};
  return cudaSuccess;
}

inline void copy_box(void* shared, const TensorMap& map, int column, int row, Barrier& barrier) {
  emulator::copy_box(shared, map.matrix, column, row, &barrier);
}

inline unsigned char* swizzled_memory() {
  return static_cast<unsigned char*>(emulator::dynamic_shared());
}

}  // namespace zoetrope::kernels
