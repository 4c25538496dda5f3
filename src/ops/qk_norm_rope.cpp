#include "ops/qk_norm_rope.h"

#include "core/check.h"
#include "kernels/qk_norm_rope/qk_norm_rope.h"
#include "ops/dispatch.h"
#include "tensor/shape.h"

namespace zoetrope::ops {

void qk_norm_rope_in_place(const Tensor& q, const Tensor& k, std::int64_t heads,
                           const QkNormRope& with) {
  const RowView q_rows = row_view(q, "qk_norm_rope: q"), k_rows = row_view(k, "qk_norm_rope: k");
  const std::int64_t tokens = q_rows.rows, dim = q_rows.dim, pairs = dim / heads / 2;
  ZOETROPE_CHECK(k_rows.rows == tokens && k_rows.dim == dim && dim == heads * pairs * 2);
  require_shape(with.q_weight, {dim}, "qk_norm_rope: q_weight");
  require_shape(with.k_weight, {dim}, "qk_norm_rope: k_weight");
  require_shape(with.cos, {tokens, pairs}, "qk_norm_rope: cos");
  require_shape(with.sin, {tokens, pairs}, "qk_norm_rope: sin");
  for (const Tensor& t : {k, with.q_weight, with.k_weight}) {
    ZOETROPE_CHECK(t.scalar_type() == q.scalar_type());
  }
  for (const Tensor& t : {with.q_weight, with.k_weight, with.cos, with.sin}) {
    ZOETROPE_CHECK(t.is_contiguous());
  }

  kernels::QkNormRopeArgs args;
  args.q = q.data_ptr();
  args.k = k.data_ptr();
  args.q_weight = with.q_weight.const_data_ptr();
  args.k_weight = with.k_weight.const_data_ptr();
  args.cos = with.cos.const_data_ptr<float>();
  args.sin = with.sin.const_data_ptr<float>();
  args.heads = heads;
  args.pairs = pairs;
  args.q_stride = q_rows.stride;
  args.k_stride = k_rows.stride;
  args.eps = static_cast<float>(with.eps);
  args.type = element_type(q);
  dispatch(q, {0, tokens}, 2 * dim, args,
           {kernels::qk_norm_rope_cpu, &DeviceKernels::qk_norm_rope});
}

}  // namespace zoetrope::ops
