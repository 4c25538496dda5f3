#include "ops/gated_residual.h"

#include "core/check.h"
#include "kernels/gated_residual/gated_residual.h"
#include "ops/dispatch.h"

namespace zoetrope::ops {

Tensor gated_residual(const Tensor& x, Tensor branch, const Tensor& gate,
                      at::IntArrayRef run_ends) {
  const RowView in = row_view(x, "gated_residual: x");
  const RunRows gates(gate, in, run_ends, "gated_residual: gate");
  const RowView out = row_view(branch, "gated_residual: branch");
  ZOETROPE_CHECK(in.rows == out.rows && in.dim == out.dim);
  ZOETROPE_CHECK(x.scalar_type() == branch.scalar_type());

  kernels::GatedResidualArgs args;
  args.x = x.const_data_ptr();
  args.branch = args.y = branch.data_ptr();
  args.dim = in.dim;
  args.x_stride = in.stride;
  args.branch_stride = args.y_stride = out.stride;
  args.type = element_type(x);
  for_each_run(run_ends, in.rows, [&](std::int64_t run, const auto& rows) {
    args.gate = gates.row(run);
    dispatch(x, rows, in.dim, args, {kernels::gated_residual_cpu, &DeviceKernels::gated_residual});
  });
  return branch;
}

}  // namespace zoetrope::ops
