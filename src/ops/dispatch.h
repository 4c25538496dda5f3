#pragma once

#include <algorithm>

#include <ATen/Parallel.h>

#include "kernels/common/element.h"
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

/// fp32 rows of a tensor [rows, D], or [1, D] that all rows share, whose stride is then 0.
struct SharedRows {
  const float* data = nullptr;
  std::int64_t stride = 0;
};

/// Throws Error(kInternal) unless the tensor is such rows for the rows of `like`, with unit stride
/// in D.
SharedRows shared_rows(const Tensor& tensor, const RowView& like, const char* name);

/// Throws Error(kUsage) if this build has no kernels for the tensor's device.
void require_supported_device(const Tensor& tensor);

/// Runs a kernel over `rows` rows of `dim` elements, on the device of `tensor` and on all of ATen's
/// threads. This is the only place that looks at a device.
template <typename Args>
void dispatch(const Tensor& tensor, std::int64_t rows, std::int64_t dim, const Args& args,
              void (*cpu)(const Args&, std::int64_t, std::int64_t)) {
  constexpr std::int64_t kElementsWorthAThread = 16384;

  require_supported_device(tensor);
  const std::int64_t grain =
      std::max<std::int64_t>(1, kElementsWorthAThread / std::max<std::int64_t>(1, dim));
  at::parallel_for(0, rows, grain,
                   [&](std::int64_t begin, std::int64_t end) { cpu(args, begin, end); });
}

}  // namespace zoetrope::ops
