#include "ops/layer_norm_modulate.h"

#include "kernels/layer_norm_modulate/layer_norm_modulate.h"
#include "ops/dispatch.h"

namespace zoetrope::ops {

Tensor layer_norm_modulate(const Tensor& x, const Tensor& scale, const Tensor& shift, double eps,
                           at::IntArrayRef run_ends) {
  const RowView in = row_view(x, "layer_norm_modulate: x");
  const RunRows scales(scale, in, run_ends, "layer_norm_modulate: scale");
  const RunRows shifts(shift, in, run_ends, "layer_norm_modulate: shift");

  const Tensor y = at::empty(x.sizes(), x.options());
  kernels::LayerNormModulateArgs args;
  args.x = x.const_data_ptr();
  args.y = y.data_ptr();
  args.dim = in.dim;
  args.x_stride = in.stride;
  args.y_stride = in.dim;
  args.eps = static_cast<float>(eps);
  args.type = element_type(x);
  for_each_run(run_ends, in.rows, [&](std::int64_t run, const auto& rows) {
    args.scale = scales.row(run);
    args.shift = shifts.row(run);
    dispatch(x, rows, in.dim, args,
             {kernels::layer_norm_modulate_cpu, &DeviceKernels::layer_norm_modulate});
  });
  return y;
}

}  // namespace zoetrope::ops
