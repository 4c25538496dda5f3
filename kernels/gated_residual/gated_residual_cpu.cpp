#include "kernels/gated_residual/gated_residual.h"

namespace zoetrope::kernels {
namespace {

template <typename T>
inline void gated_residual_row(const GatedResidualArgs& args, std::int64_t row) {
  const T* x = static_cast<const T*>(args.x) + row * args.x_stride;
  const T* branch = static_cast<const T*>(args.branch) + row * args.branch_stride;
  T* y = static_cast<T*>(args.y) + row * args.y_stride;
  const float* gate = args.gate + row * args.gate_stride;
#pragma omp simd
  for (std::int64_t d = 0; d < args.dim; ++d) {
    store(to_float(x[d]) + gate[d] * to_float(branch[d]), y[d]);
  }
}

}  // namespace

ZOETROPE_MULTIVERSION
void gated_residual_cpu(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end) {
  for (std::int64_t r = begin; r < end; ++r) {
    if (args.type == ElementType::kF32) {
      gated_residual_row<float>(args, r);
    } else {
      gated_residual_row<Bf16>(args, r);
    }
  }
}

}  // namespace zoetrope::kernels
