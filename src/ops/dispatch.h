#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>

#include <ATen/Parallel.h>

#include "core/check.h"
#include "kernels/common/element.h"
#include "ops/device_kernels.h"
#include "tensor/tensor.h"

namespace zoetrope::ops {

/// A tensor seen as rows of `dim` elements, `stride` apart.
struct RowView {
  std::int64_t rows = 0;
  std::int64_t dim = 0;
  std::int64_t stride = 0;
};

/// tensor: [L, D] or [1, L, D], unit stride in D. Throws Error(kInternal) naming it otherwise.
RowView row_view(const Tensor& tensor, const char* name);

/// As the kernels call the type. Throws Error(kInternal) for types they don't compute with.
kernels::ElementType element_type(const Tensor& tensor);

/// One row of a fp32 [R, D] for each run of rows of another tensor.
class RunRows {
 public:
  /// Throws Error(kInternal) unless the tensor has a row for each of the runs, as wide as `like`.
  RunRows(const Tensor& tensor, const RowView& like, at::IntArrayRef run_ends, const char* name);

  const float* row(std::int64_t run) const { return data_ + run * stride_; }

 private:
  const float* data_;
  std::int64_t stride_;
};

/// What computes rows on the CPU, and which of DeviceKernels does elsewhere, if any.
template <typename Args>
struct RowKernel {
  using OnCpu = void (*)(const Args&, std::int64_t, std::int64_t);
  using OnDevice = DeviceKernels::OverRows<Args> DeviceKernels::*;
  RowKernel(OnCpu on_cpu, OnDevice on_device = nullptr) : cpu(on_cpu), device(on_device) {}

  OnCpu cpu;
  OnDevice device;
};

/// Runs a kernel over rows [begin, end) of `dim` elements, on the device of `tensor`; on the CPU on
/// all of ATen's threads.
template <typename Args>
void dispatch(const Tensor& tensor, std::pair<std::int64_t, std::int64_t> rows, std::int64_t dim,
              const Args& args, const std::type_identity_t<RowKernel<Args>>& kernel) {
  constexpr std::int64_t kElementsWorthAThread = 16384;

  if (const DeviceKernels* device = device_kernels(tensor)) {
    ZOETROPE_CHECK(kernel.device != nullptr);
    return require_launched(
        (device->*kernel.device)(args, rows.first, rows.second, device->stream));
  }
  const std::int64_t grain =
      std::max<std::int64_t>(1, kElementsWorthAThread / std::max<std::int64_t>(1, dim));
  at::parallel_for(rows.first, rows.second, grain,
                   [&](std::int64_t begin, std::int64_t end) { kernel.cpu(args, begin, end); });
}

/// Calls action(run, {begin, end}) for each run of rows; without run_ends there is one, of all.
template <typename Action>
void for_each_run(at::IntArrayRef run_ends, std::int64_t rows, const Action& action) {
  if (run_ends.empty()) return action(0, std::pair<std::int64_t, std::int64_t>(0, rows));
  std::int64_t begin = 0;
  for (std::size_t run = 0; run < run_ends.size(); ++run) {
    action(static_cast<std::int64_t>(run), std::pair(begin, run_ends[run]));
    begin = run_ends[run];
  }
}

}  // namespace zoetrope::ops
