#pragma once

// The asynchronous instructions of sm_90a, as kernels use them, beside <cuda_device.h>. Compiled
// for another architecture, all of this traps.

#include <cstdint>

#include <cuda.h>
#include <cudaTypedefs.h>
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

/// A matrix of 16-bit elements in global memory, from which boxes of box_rows x 64 elements are
/// copied. data and pitch, in bytes from row to row, are multiples of 16; box_rows at most 256.
struct BoxedMatrix {
  const void* data;
  std::uint64_t rows, columns, pitch;
  unsigned box_rows;
};

/// The matrix as bulk copies read it: a `const __grid_constant__` parameter of the kernel.
using TensorMap = CUtensorMap;

/// Fails where the matrix is none that the driver takes, or the driver knows no tensor maps.
inline cudaError_t make_tensor_map(TensorMap& map, const BoxedMatrix& m) {
  // Asked for at run time: the program starts without a driver.
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found{};
  const cudaError_t error = cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function,
                                                             12000, cudaEnableDefault, &found);
  if (error != cudaSuccess) return error;
  if (found != cudaDriverEntryPointSuccess) return cudaErrorNotSupported;
  const auto encode = reinterpret_cast<PFN_cuTensorMapEncodeTiled_v12000>(function);
  const cuuint64_t sizes[] = {m.columns, m.rows}, pitches[] = {m.pitch};
  const cuuint32_t box[] = {64, m.box_rows}, steps[] = {1, 1};
  const CUresult result =
      encode(&map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, const_cast<void*>(m.data), sizes, pitches,
             box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
             CU_TENSOR_MAP_L2_PROMOTION_L2_128B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  return result == CUDA_SUCCESS ? cudaSuccess : cudaErrorInvalidValue;
}

/// A bulk copy of the box whose first element is (row, column), by one thread. Its rows of 128
/// bytes follow each other in shared memory, which begins at a multiple of 128; zeros where the
/// matrix has ended. 16 bytes that would lie at address a lie at a ^ (a / 128 % 8 * 16). The phase
/// of `barrier` that runs must expect its box_rows * 128 bytes.
__device__ __forceinline__ void copy_box(void* shared, const TensorMap& map, int column, int row,
                                         Barrier& barrier) {
  ZOETROPE_HOPPER(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%3, %4}], [%2];" ::"r"(shared_address(shared)),
      "l"(&map), "r"(shared_address(&barrier)), "r"(column), "r"(row)
      : "memory");
}

/// dynamic_shared_memory(), aligned to the 1024 bytes after which the swizzle repeats.
__device__ __forceinline__ unsigned char* swizzled_memory() {
  extern __shared__ __align__(1024) unsigned char swizzled[];
  return swizzled;
}

}  // namespace zoetrope::kernels
