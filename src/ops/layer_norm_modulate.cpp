#include "ops/layer_norm_modulate.h"

#include "core/check.h"
#include "kernels/layer_norm_modulate/layer_norm_modulate.h"
#include "ops/dispatch.h"

namespace zoetrope::ops {

Tensor layer_norm_modulate(const Tensor& x, const Tensor& scale, const Tensor& shift, double eps) {
  const RowView in = row_view(x, "layer_norm_modulate: x");
  const std::int64_t stride = shared_row_stride(scale, in, "layer_norm_modulate: scale");
  ZOETROPE_CHECK(stride == shared_row_stride(shift, in, "layer_norm_modulate: shift"));

  const Tensor y = at::empty(x.sizes(), x.options());
  kernels::LayerNormModulateArgs args;
  args.x = x.const_data_ptr();
  args.scale = scale.const_data_ptr<float>();
  args.shift = shift.const_data_ptr<float>();
  args.y = y.data_ptr();
  args.dim = in.dim;
  args.x_stride = in.stride;
  args.y_stride = in.dim;
  args.modulation_stride = stride;
  args.eps = static_cast<float>(eps);
  args.type = element_type(x);
  dispatch(x, in.rows, in.dim, args, kernels::layer_norm_modulate_cpu);
  return y;
}

}  // namespace zoetrope::ops
