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

/// Describes an operand of wgmma in shared memory: rows of 64 16-bit elements along k, swizzled as
/// copy_box leaves them, eight rows `stride` bytes from the next eight. `tile` lies 32 * i bytes,
/// i < 4, behind a multiple of 1024: from there 16 elements of each row are taken.
__device__ __forceinline__ std::uint64_t describe_tile(const void* tile, unsigned stride = 1024) {
  constexpr std::uint64_t kSwizzle128 = std::uint64_t{1} << 62;
  return kSwizzle128 | std::uint64_t{stride / 16} << 32 | std::uint64_t{1} << 16 |
         (shared_address(tile) & 0x3ffffU) / 16;
}

#define ZOETROPE_SUMS(i)                                                                     \
  "+f"(sums[i]), "+f"(sums[i + 1]), "+f"(sums[i + 2]), "+f"(sums[i + 3]), "+f"(sums[i + 4]), \
      "+f"(sums[i + 5]), "+f"(sums[i + 6]), "+f"(sums[i + 7])

/// wgmma of bf16 by 128 threads: sums [64, n] += a [64, 16] * b [n, 16]^T, or = where it does not
/// accumulate. Thread 32 w + l holds of rows 16 w + l / 4 and the eighth after it, in turn, columns
/// 8 i + 2 (l % 4) and the next. Nobody touches sums, a and b until wait_products().
__device__ __forceinline__ void multiply_add_async(float (&sums)[32], std::uint64_t a,
                                                   std::uint64_t b, bool accumulates) {
  ZOETROPE_HOPPER(
      "{\n"
      ".reg .pred p;\n"
      "setp.ne.b32 p, %34, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
      "}, %32, %33, p, 1, 1, 0, 0;\n"
      "}"
      : ZOETROPE_SUMS(0), ZOETROPE_SUMS(8), ZOETROPE_SUMS(16), ZOETROPE_SUMS(24)
      : "l"(a), "l"(b), "r"(accumulates ? 1 : 0)
      : "memory");
}
__device__ __forceinline__ void multiply_add_async(float (&sums)[64], std::uint64_t a,
                                                   std::uint64_t b, bool accumulates) {
  ZOETROPE_HOPPER(
      "{\n"
      ".reg .pred p;\n"
      "setp.ne.b32 p, %66, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
      "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
      "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
      "}, %64, %65, p, 1, 1, 0, 0;\n"
      "}"
      : ZOETROPE_SUMS(0), ZOETROPE_SUMS(8), ZOETROPE_SUMS(16), ZOETROPE_SUMS(24), ZOETROPE_SUMS(32),
        ZOETROPE_SUMS(40), ZOETROPE_SUMS(48), ZOETROPE_SUMS(56)
      : "l"(a), "l"(b), "r"(accumulates ? 1 : 0)
      : "memory");
}

/// The same, the rows of a in registers as multiply_add() takes them, 16 for each warp.
__device__ __forceinline__ void multiply_add_async(float (&sums)[32], const unsigned (&a)[4],
                                                   std::uint64_t b, bool accumulates) {
  ZOETROPE_HOPPER(
      "{\n"
      ".reg .pred p;\n"
      "setp.ne.b32 p, %37, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
      "}, {%32, %33, %34, %35}, %36, p, 1, 1, 0;\n"
      "}"
      : ZOETROPE_SUMS(0), ZOETROPE_SUMS(8), ZOETROPE_SUMS(16), ZOETROPE_SUMS(24)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(accumulates ? 1 : 0)
      : "memory");
}

#undef ZOETROPE_SUMS

/// Keeps the compiler from moving what touches these registers to the other side.
template <int kSums>
__device__ __forceinline__ void pin(float (&sums)[kSums]) {
  for (float& sum : sums) ZOETROPE_HOPPER("" : "+f"(sum)::"memory");
}

/// Between what touched the sums and held operands, and the products that use them.
template <int... kSums>
__device__ __forceinline__ void fence_products(float (&... sums)[kSums]) {
  (pin(sums), ...);
  ZOETROPE_HOPPER("wgmma.fence.sync.aligned;" ::: "memory");
}

/// Closes the warp's group of products.
__device__ __forceinline__ void commit_products() {
  ZOETROPE_HOPPER("wgmma.commit_group.sync.aligned;" ::: "memory");
}

/// All but the newest kPending groups are done, and their sums may be read.
template <int kPending, int... kSums>
__device__ __forceinline__ void wait_products(float (&... sums)[kSums]) {
  ZOETROPE_HOPPER("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
  (pin(sums), ...);
}

/// What this thread wrote by plain stores is there for bulk copies and products of whoever is
/// ordered after it.
__device__ __forceinline__ void fence_async_proxy() {
  ZOETROPE_HOPPER("fence.proxy.async.shared::cta;" ::: "memory");
}

/// setmaxnreg, by all warps of a group: registers a thread from now on, 24 to 256, a multiple of 8.
/// The kernel needs __launch_bounds__, or ptxas ignores it.
template <int kRegisters>
__device__ __forceinline__ void take_registers() {
  ZOETROPE_HOPPER("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters));
}
template <int kRegisters>
__device__ __forceinline__ void give_registers() {
  ZOETROPE_HOPPER("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

}  // namespace zoetrope::kernels

#undef ZOETROPE_HOPPER
