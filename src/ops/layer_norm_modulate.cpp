#include "ops/layer_norm_modulate.h"

#include "kernels/layer_norm_modulate/layer_norm_modulate.h"
#include "ops/dispatch.h"

namespace zoetrope::ops {

Tensor layer_norm_modulate(const Tensor& x, const Tensor& scale, const Tensor& shift, double eps) {
  const RowView in = row_view(x, "layer_norm_modulate: x");
  const SharedRows scales = shared_rows(scale, in, "layer_norm_modulate: scale");
  const SharedRows shifts = shared_rows(shift, in, "layer_norm_modulate: shift");

  const Tensor y = at::empty(x.sizes(), x.options());
  kernels::LayerNormModulateArgs args;
  args.x = x.const_data_ptr();
  args.scale = scales.data;
  args.shift = shifts.data;
  args.y = y.data_ptr();
  args.dim = in.dim;
  args.x_stride = in.stride;
  args.y_stride = in.dim;
  args.scale_stride = scales.stride;
  args.shift_stride = shifts.stride;
  args.eps = static_cast<float>(eps);
  args.type = element_type(x);
  dispatch(x, in.rows, in.dim, args, kernels::layer_norm_modulate_cpu);
  return y;
}

}  // namespace zoetrope::ops
