#include "ops/rms_norm.h"

#include "core/check.h"
#include "kernels/rms_norm/rms_norm.h"
#include "ops/dispatch.h"
#include "tensor/shape.h"

namespace zoetrope::ops {
namespace {

using Kernel = RowKernel<kernels::RmsNormArgs>;

void run(const Kernel& kernel, const Tensor& x, const Tensor& weight, double eps, const Tensor& y) {
  const RowView in = row_view(x, "rms_norm: x");
  require_shape(weight, {in.dim}, "rms_norm: weight");
  ZOETROPE_CHECK(weight.scalar_type() == x.scalar_type() && weight.is_contiguous());

  kernels::RmsNormArgs args;
  args.x = x.const_data_ptr();
  args.weight = weight.const_data_ptr();
  args.y = y.data_ptr();
  args.dim = in.dim;
  args.x_stride = in.stride;
  args.y_stride = row_view(y, "rms_norm: y").stride;
  args.eps = static_cast<float>(eps);
  args.type = element_type(x);
  dispatch(x, {0, in.rows}, in.dim, args, kernel);
}

}  // namespace

Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps) {
  const Tensor y = at::empty(x.sizes(), x.options());
  run({kernels::rms_norm_cpu, &DeviceKernels::rms_norm}, x, weight, eps, y);
  return y;
}

void rms_norm_silu(const Tensor& x, const Tensor& weight, double eps, const Tensor& into) {
  require_shape(into, {1, x.size(-2), x.size(-1)}, "rms_norm_silu: into");
  ZOETROPE_CHECK(into.scalar_type() == x.scalar_type());
  run({kernels::rms_norm_silu_cpu, &DeviceKernels::rms_norm_silu}, x, weight, eps, into);
}

void rms_norm_in_place(const Tensor& x, const Tensor& weight, double eps) {
  run({kernels::rms_norm_cpu, &DeviceKernels::rms_norm}, x, weight, eps, x);
}

}  // namespace zoetrope::ops
