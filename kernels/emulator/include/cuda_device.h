#pragma once

// Stands in for kernels/cuda/cuda_device.h where kernels are compiled for the emulator: the same
// functions, whose documentation is there.

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

namespace zoetrope::kernels {

template <typename Vector>
inline Vector load_vector(const void* address) {
  static_assert(alignof(Vector) == sizeof(Vector));
  Vector vector;
  emulator::fetch(address, &vector, sizeof vector, emulator::Access::kRead);
  return vector;
}

template <typename Vector>
inline void store_vector(void* address, const Vector& vector) {
  static_assert(alignof(Vector) == sizeof(Vector));
  emulator::put(address, &vector, sizeof vector, emulator::Access::kWrite);
}

template <typename T>
inline constexpr char kSharedKey = 0;

template <typename T>
inline T& shared_variable() {
  return *static_cast<T*>(emulator::static_shared(&kSharedKey<T>, sizeof(T), alignof(T)));
}

inline void* dynamic_shared_memory() { return emulator::dynamic_shared(); }

inline void copy_async_16(void* shared, const void* global, bool valid) {
  emulator::copy_async(shared, global, 16, valid ? 16 : 0);
}
inline void commit_copies() { emulator::commit_copies(); }
template <int kPending>
inline void wait_copies() {
  emulator::wait_copies(kPending);
}

inline void load_matrices_x4(unsigned (&registers)[4], const void* row) {
  emulator::load_matrices(registers, 4, false, row);
}
inline void load_matrices_x4_transposed(unsigned (&registers)[4], const void* row) {
  emulator::load_matrices(registers, 4, true, row);
}

inline void multiply_add(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1,
                         __nv_bfloat16) {
  const unsigned b[2] = {b0, b1};
  emulator::multiply_m16n8k16(c, a, b, emulator::MmaType::kBF16);
}
inline void multiply_add(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1, __half) {
  const unsigned b[2] = {b0, b1};
  emulator::multiply_m16n8k16(c, a, b, emulator::MmaType::kF16);
}

inline float fast_exp2(float x) { return std::exp2(x); }

}  // namespace zoetrope::kernels
