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

inline std::uint64_t describe_tile(const void* tile, unsigned stride = 1024) {
  constexpr std::uint64_t kSwizzle128 = std::uint64_t{1} << 62;
  return kSwizzle128 | std::uint64_t{stride / 16} << 32 | std::uint64_t{1} << 16 |
         (emulator::shared_address(tile) & 0x3ffffU) / 16;
}

template <int kSums>
inline void multiply_add_async(float (&sums)[kSums], std::uint64_t a, std::uint64_t b,
                               bool accumulates) {
  static_assert(kSums == 32 || kSums == 64);
  emulator::issue_product({sums, nullptr, a, b, 2 * kSums, accumulates});
}
template <int kSums>
inline void multiply_add_async(float (&sums)[kSums], const unsigned (&a)[4], std::uint64_t b,
                               bool accumulates) {
  static_assert(kSums == 32);
  emulator::issue_product({sums, a, 0, b, 2 * kSums, accumulates});
}

template <int... kSums>
inline void fence_products(float (&... sums)[kSums]) {
  emulator::fence_products();
}
inline void commit_products() { emulator::commit_products(); }
template <int kPending, int... kSums>
inline void wait_products(float (&... sums)[kSums]) {
  static_assert(kPending >= 0 && kPending <= 7);
  emulator::wait_products(kPending);
}

inline void fence_async_proxy() { emulator::fence_async_proxy(); }

template <int kRegisters>
inline void take_registers() {
  static_assert(kRegisters >= 24 && kRegisters <= 256 && kRegisters % 8 == 0);
  emulator::set_registers(kRegisters);
}
template <int kRegisters>
inline void give_registers() {
  static_assert(kRegisters >= 24 && kRegisters <= 256 && kRegisters % 8 == 0);
  emulator::set_registers(kRegisters);
}

}  // namespace zoetrope::kernels
