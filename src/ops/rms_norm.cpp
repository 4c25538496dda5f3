#include "ops/rms_norm.h"

#include "core/check.h"
#include "kernels/rms_norm/rms_norm.h"
#include "ops/dispatch.h"
#include "tensor/shape.h"

namespace zoetrope::ops {
namespace {

void rms_norm_into(const Tensor& x, const Tensor& weight, double eps, const Tensor& y) {
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
  dispatch(x, {0, in.rows}, in.dim, args, kernels::rms_norm_cpu);
}

}  // namespace

Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps) {
  const Tensor y = at::empty(x.sizes(), x.options());
  rms_norm_into(x, weight, eps, y);
  return y;
}

void rms_norm_in_place(const Tensor& x, const Tensor& weight, double eps) {
  rms_norm_into(x, weight, eps, x);
}

}  // namespace zoetrope::ops
