#include "kernels/common/cuda_rows.h"
#include "kernels/gather/gather.h"

namespace zoetrope::kernels {
namespace {

constexpr unsigned kMostThreads = 256;

__device__ __forceinline__ std::int64_t place_of(const GatherArgs& args, unsigned element) {
  std::int64_t place = 0;
#pragma unroll
  for (int a = GatherArgs::kAxes - 1; a >= 0; --a) {
    if (a >= args.axis_count) continue;
    const auto size = static_cast<unsigned>(args.axes[a].size);
    place += std::int64_t{element % size / static_cast<unsigned>(args.axes[a].repeat)} *
             args.axes[a].x_stride;
    element /= size;
  }
  return place;
}

/// kWidth elements a thread, side by side in x and y; 1 where they are not.
template <typename From, typename To, int kWidth>
__global__ void __launch_bounds__(kMostThreads)
    gather_elements(const GatherArgs args, unsigned begin, unsigned end) {
  const unsigned at = begin + (blockIdx.x * blockDim.x + threadIdx.x) * kWidth;
  if (at >= end) return;
  float values[kWidth];
  load_elements<kWidth>(static_cast<const From*>(args.x) + place_of(args, at), values);
  store_elements<kWidth>(values, static_cast<To*>(args.y) + at);
}

/// Whether each kWidth elements of y are side by side in x too, both at multiples of their bytes.
template <typename From, typename To, int kWidth>
bool is_wide(const GatherArgs& args, std::int64_t begin, std::int64_t end) {
  if (args.axis_count < 1 || begin % kWidth != 0 || end % kWidth != 0) return false;
  const GatherArgs::Axis& fastest = args.axes[args.axis_count - 1];
  constexpr std::size_t kBytes = sizeof(From) * kWidth < 16 ? sizeof(From) * kWidth : 16;
  bool wide = fastest.x_stride == 1 && fastest.repeat == 1 && fastest.size % kWidth == 0 &&
              is_aligned<To>(args.y, 0, sizeof(To) * kWidth);
  for (int a = 0; a < args.axis_count - 1; ++a) {
    wide = wide && is_aligned<From>(args.x, args.axes[a].x_stride, kBytes);
  }
  return wide && is_aligned<From>(args.x, 0, kBytes);
}

template <typename From, typename To>
int launch(const GatherArgs& args, std::int64_t begin, std::int64_t end, CudaStream stream) {
  constexpr int kWidth = kPackWidth<To>;
  const bool wide = is_wide<From, To, kWidth>(args, begin, end);
  const std::int64_t items = (end - begin) / (wide ? kWidth : 1);
  const Launch grid{(items + kMostThreads - 1) / kMostThreads, kMostThreads, 0, stream};
  const auto first = static_cast<unsigned>(begin), last = static_cast<unsigned>(end);
  return wide ? launch_blocks(grid, gather_elements<From, To, kWidth>, args, first, last)
              : launch_blocks(grid, gather_elements<From, To, 1>, args, first, last);
}

template <typename From>
int launch_from(const GatherArgs& args, std::int64_t begin, std::int64_t end, CudaStream stream) {
  return args.y_type == ElementType::kF32 ? launch<From, float>(args, begin, end, stream)
                                          : launch<From, __nv_bfloat16>(args, begin, end, stream);
}

}  // namespace

int gather_cuda(const GatherArgs& args, std::int64_t begin, std::int64_t end, CudaStream stream) {
  bool valid = args.axis_count >= 0 && args.axis_count <= GatherArgs::kAxes && begin >= 0;
  std::int64_t elements = 1;
  for (int a = 0; valid && a < args.axis_count; ++a) {
    const GatherArgs::Axis& axis = args.axes[a];
    valid = axis.size >= 1 && axis.repeat >= 1 && axis.repeat <= 0x7fffffff &&
            axis.size <= 0x7fffffff / elements;
    elements *= valid ? axis.size : 1;
  }
  if (!valid || end > elements) return cudaErrorInvalidValue;
  return args.x_type == ElementType::kF32 ? launch_from<float>(args, begin, end, stream)
                                          : launch_from<__nv_bfloat16>(args, begin, end, stream);
}

}  // namespace zoetrope::kernels
