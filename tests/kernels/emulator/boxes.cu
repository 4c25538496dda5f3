#include <cuda_hopper.h>
#include <cuda_runtime.h>

#include "kernels/emulator/boxes.h"

namespace emulator::test {
namespace {

namespace device = zoetrope::kernels;

constexpr int kThreads = 64, kBoxRows = 16, kBoxColumns = 64;
constexpr unsigned kBoxBytes = kBoxRows * kBoxColumns * 2;

struct Barriers {
  device::Barrier full[2];
};

struct Walk {
  int boxes_across, boxes;
};

__device__ unsigned char* place_of(int box, BoxBug bug) {
  return device::swizzled_memory() + box % 2 * kBoxBytes + (bug == BoxBug::kMisaligned ? 64 : 0);
}

__device__ void issue(const device::TensorMap& map, Barriers& barriers, const Walk& walk, int box,
                      BoxBug bug) {
  device::Barrier& full = barriers.full[box % 2];
  unsigned expected = kBoxBytes;
  if (bug == BoxBug::kBytesTooMany) expected += 16;
  if (bug == BoxBug::kBytesTooFew) expected = 0;
  device::arrive_expecting(full, expected);
  device::copy_box(place_of(box, bug), map, box % walk.boxes_across * kBoxColumns,
                   box / walk.boxes_across * kBoxRows, full);
}

__device__ void store(const Copied& to, const Walk& walk, int box, BoxBug bug) {
  const auto* elements = reinterpret_cast<const unsigned short*>(place_of(box, bug));
  const int row0 = box / walk.boxes_across * kBoxRows;
  const int column0 = box % walk.boxes_across * kBoxColumns;
  for (int i = static_cast<int>(threadIdx.x); i < kBoxRows * kBoxColumns; i += kThreads) {
    const int row = i / kBoxColumns, column = i % kBoxColumns;
    const int swizzled = bug == BoxBug::kNotSwizzled ? column : column ^ (row % 8 * 8);
    const unsigned short element = elements[row * kBoxColumns + swizzled];
    if (row0 + row < to.rows && column0 + column < to.columns) {
      to.y[(row0 + row) * to.columns + column0 + column] = element;
    }
  }
}

__global__ void copy_kernel(const __grid_constant__ device::TensorMap map, Copied to, Walk walk,
                            BoxBug bug) {
  auto& barriers = device::shared_variable<Barriers>();
  if (threadIdx.x == 0) {
    for (device::Barrier& barrier : barriers.full) device::init_barrier(barrier, 1);
    if (bug != BoxBug::kNoInitFence) device::fence_barrier_init();
  }
  if (bug != BoxBug::kNoSyncAfterInit) __syncthreads();
  if (threadIdx.x == 0) issue(map, barriers, walk, 0, bug);
  for (int box = 0; box < walk.boxes; ++box) {
    const bool more = box + 1 < walk.boxes || bug == BoxBug::kNoLastWait;
    if (threadIdx.x == 0 && more) issue(map, barriers, walk, box + 1, bug);
    const bool waits = bug != BoxBug::kNoWait && (bug != BoxBug::kOneWarpWaits || threadIdx.x < 32);
    if (waits) device::wait_barrier(barriers.full[box % 2], static_cast<unsigned>(box / 2) % 2);
    store(to, walk, box, bug);
    if (bug != BoxBug::kNoSyncAtLoopEnd) __syncthreads();
  }
}

}  // namespace

bool copy_by_boxes(const Copied& copied, BoxBug bug) {
  device::TensorMap map;
  const int hidden = bug == BoxBug::kPastMemory ? 1 : 0;
  const device::BoxedMatrix matrix{copied.x, static_cast<std::uint64_t>(copied.rows + hidden),
                                   static_cast<std::uint64_t>(copied.columns),
                                   static_cast<std::uint64_t>(copied.pitch) * 2, kBoxRows};
  if (device::make_tensor_map(map, matrix) != cudaSuccess) return false;
  const int across = (copied.columns + kBoxColumns - 1) / kBoxColumns;
  const Walk walk{across, (copied.rows + kBoxRows - 1) / kBoxRows * across};
  cudaLaunchConfig_t config{};
  config.gridDim = 1;
  config.blockDim = kThreads;
  config.dynamicSmemBytes = 2 * kBoxBytes + 64;
  cudaLaunchKernelEx(&config, copy_kernel, map, copied, walk, bug);
  return true;
}

}  // namespace emulator::test
