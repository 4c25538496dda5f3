#include "ops/dispatch.h"

#include <algorithm>

#include "core/check.h"
#include "tensor/shape.h"
#include "zoetrope/error.h"

namespace zoetrope::ops {

RowView row_view(const Tensor& tensor, const char* name) {
  const bool batched = tensor.defined() && tensor.dim() == 3 && tensor.size(0) == 1;
  if (!batched && !(tensor.defined() && tensor.dim() == 2)) {
    require_shape(tensor, {1, kAny, kAny}, name);
  }
  if (tensor.stride(-1) != 1 && tensor.size(-1) != 1) {
    throw Error(ErrorCode::kInternal, std::string(name) + " has stride " +
                                          std::to_string(tensor.stride(-1)) +
                                          " in its last axis (expected 1)");
  }
  return {tensor.size(-2), tensor.size(-1), tensor.stride(-2)};
}

kernels::ElementType element_type(const Tensor& tensor) {
  if (tensor.scalar_type() == at::kFloat) return kernels::ElementType::kF32;
  if (tensor.scalar_type() == at::kBFloat16) return kernels::ElementType::kBF16;
  throw Error(ErrorCode::kInternal, std::string("run a kernel: the tensor is ") +
                                        c10::toString(tensor.scalar_type()) +
                                        " (expected Float or BFloat16)");
}

RunRows::RunRows(const Tensor& tensor, const RowView& like, at::IntArrayRef run_ends,
                 const char* name) {
  ZOETROPE_CHECK(run_ends.empty() || run_ends.back() == like.rows);
  ZOETROPE_CHECK(std::is_sorted(run_ends.begin(), run_ends.end()));
  const auto runs = static_cast<std::int64_t>(std::max<std::size_t>(run_ends.size(), 1));
  require_shape(tensor, {runs, like.dim}, name);
  if (tensor.scalar_type() != at::kFloat) {
    throw Error(
        ErrorCode::kInternal,
        std::string(name) + " is " + c10::toString(tensor.scalar_type()) + " (expected Float)");
  }
  data_ = tensor.const_data_ptr<float>();
  stride_ = row_view(tensor, name).stride;
}

void require_launched(int status) {
  if (status == 0) return;
  throw Error(ErrorCode::kInternal,
              "launch a kernel: cudaError_t " + std::to_string(status) + " (expected 0)");
}

}  // namespace zoetrope::ops
