#include "ops/rope_3d.h"

#include "core/check.h"
#include "kernels/rope_3d/rope_3d.h"
#include "ops/dispatch.h"
#include "tensor/shape.h"

namespace zoetrope::ops {

void rope_3d_in_place(const Tensor& x, const Tensor& cos, const Tensor& sin) {
  require_shape(x, {1, kAny, kAny, kAny}, "rope_3d: x");
  ZOETROPE_CHECK(x.size(3) % 2 == 0 && x.stride(3) == 1);
  require_shape(cos, {x.size(1), x.size(3) / 2}, "rope_3d: cos");
  require_shape(sin, {x.size(1), x.size(3) / 2}, "rope_3d: sin");
  ZOETROPE_CHECK(cos.is_contiguous() && sin.is_contiguous());

  kernels::Rope3dArgs args;
  args.x = args.y = x.data_ptr();
  args.cos = cos.const_data_ptr<float>();
  args.sin = sin.const_data_ptr<float>();
  args.heads = x.size(2);
  args.pairs = x.size(3) / 2;
  args.x_token_stride = args.y_token_stride = x.stride(1);
  args.x_head_stride = args.y_head_stride = x.stride(2);
  args.type = element_type(x);
  dispatch(x, {0, x.size(1)}, x.size(2) * x.size(3), args,
           {kernels::rope_3d_cpu, &DeviceKernels::rope_3d});
}

}  // namespace zoetrope::ops
