#pragma once

// What kernels use beyond CUDA C++: the one place with inline PTX. Kernels include it as
// <cuda_device.h>; a build for the emulator finds kernels/emulator/include's under that name.

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

namespace zoetrope::kernels {

/// An integer type of so many bytes.
template <int kBytes>
struct WordOf;
template <>
struct WordOf<16> {
  using Type = uint4;
};
template <>
struct WordOf<8> {
  using Type = uint2;
};
template <>
struct WordOf<4> {
  using Type = unsigned;
};
template <>
struct WordOf<2> {
  using Type = unsigned short;
};

/// One access of sizeof(Vector) bytes, at most 16; the address is a multiple of that.
template <typename Vector>
__device__ __forceinline__ Vector load_vector(const void* address) {
  static_assert(alignof(Vector) == sizeof(Vector));
  using Word = typename WordOf<sizeof(Vector)>::Type;
  const Word word = *static_cast<const Word*>(address);
  Vector vector;
  memcpy(&vector, &word, sizeof vector);
  return vector;
}

__device__ __forceinline__ void store_word(void* to, uint4 word) {
  asm volatile("st.global.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(to), "r"(word.x), "r"(word.y),
               "r"(word.z), "r"(word.w)
               : "memory");
}
__device__ __forceinline__ void store_word(void* to, uint2 word) {
  asm volatile("st.global.v2.b32 [%0], {%1, %2};" ::"l"(to), "r"(word.x), "r"(word.y) : "memory");
}
__device__ __forceinline__ void store_word(void* to, unsigned word) {
  asm volatile("st.global.b32 [%0], %1;" ::"l"(to), "r"(word) : "memory");
}
__device__ __forceinline__ void store_word(void* to, unsigned short word) {
  asm volatile("st.global.b16 [%0], %1;" ::"l"(to), "h"(word) : "memory");
}

/// The same into global memory. Not a plain store, which nvcc would take apart where the elements
/// were computed one by one.
template <typename Vector>
__device__ __forceinline__ void store_vector(void* address, const Vector& vector) {
  static_assert(alignof(Vector) == sizeof(Vector));
  using Word = typename WordOf<sizeof(Vector)>::Type;
  Word word;
  memcpy(&word, &vector, sizeof word);
  store_word(address, word);
}

/// The block's one variable of type T in static shared memory, uninitialised.
template <typename T>
__device__ __forceinline__ T& shared_variable() {
  __shared__ T variable;
  return variable;
}

/// The block's dynamic shared memory, aligned to 128 bytes.
__device__ __forceinline__ void* dynamic_shared_memory() {
  extern __shared__ __align__(128) unsigned char memory[];
  return memory;
}

__device__ __forceinline__ unsigned shared_address(const void* pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

/// cp.async of 16 bytes past L1; zeros, and no read, where not valid. PTX ISA 7.0.
__device__ __forceinline__ void copy_async_16(void* shared, const void* global, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)),
               "l"(global), "r"(valid ? 16 : 0)
               : "memory");
}

/// Closes this thread's group of copies.
__device__ __forceinline__ void commit_copies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}

/// All but the newest kPending groups of this thread have landed; other threads need a barrier.
template <int kPending>
__device__ __forceinline__ void wait_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

/// ldmatrix.x4: lane i names row i % 8 of matrix i / 8 (8 x 8, 16-bit); each register then holds
/// elements 2 * (lane % 4) and the next of row lane / 4 of its matrix, as mma.sync takes them.
__device__ __forceinline__ void load_matrices_x4(unsigned (&registers)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
               : "r"(shared_address(row))
               : "memory");
}

/// The same of the transposed matrices.
__device__ __forceinline__ void load_matrices_x4_transposed(unsigned (&registers)[4],
                                                            const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
               : "r"(shared_address(row))
               : "memory");
}

/// mma.sync m16n8k16: c [16, 8] += a [16, 16] * b [16, 8]. PTX ISA, "Matrix fragments for
/// mma.m16n8k16"; the last argument picks the type of a and b.
__device__ __forceinline__ void multiply_add(float (&c)[4], const unsigned (&a)[4], unsigned b0,
                                             unsigned b1, __nv_bfloat16) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
__device__ __forceinline__ void multiply_add(float (&c)[4], const unsigned (&a)[4], unsigned b0,
                                             unsigned b1, __half) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// 2^x, to about 2 units in the last place; 2^-infinity is 0.
__device__ __forceinline__ float fast_exp2(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

}  // namespace zoetrope::kernels
