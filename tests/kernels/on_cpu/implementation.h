#pragma once

// The tests of kernels are compiled once for each implementation, which this header's folder names.

#include "kernels/frame_pixels/frame_pixels.h"
#include "kernels/gated_residual/gated_residual.h"
#include "kernels/gather/gather.h"
#include "kernels/guided_step/guided_step.h"
#include "kernels/layer_norm_modulate/layer_norm_modulate.h"
#include "kernels/qk_norm_rope/qk_norm_rope.h"
#include "kernels/rms_norm/rms_norm.h"

namespace zoetrope::kernels::test {

inline void run(const FramePixelsArgs& args, std::int64_t begin, std::int64_t end) {
  frame_pixels_cpu(args, begin, end);
}
inline void run(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end) {
  gated_residual_cpu(args, begin, end);
}
inline void run(const GatherArgs& args, std::int64_t begin, std::int64_t end) {
  gather_cpu(args, begin, end);
}
inline void run(const GuidedStepArgs& args, std::int64_t begin, std::int64_t end) {
  guided_step_cpu(args, begin, end);
}
inline void run(const LayerNormModulateArgs& args, std::int64_t begin, std::int64_t end) {
  layer_norm_modulate_cpu(args, begin, end);
}
inline void run(const LayerNormQuantiseArgs& args, std::int64_t begin, std::int64_t end) {
  layer_norm_quantise_cpu(args, begin, end);
}
inline void run(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  rms_norm_cpu(args, begin, end);
}
inline void run_silu(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  rms_norm_silu_cpu(args, begin, end);
}
inline void run(const QkNormRopeArgs& args, std::int64_t begin, std::int64_t end) {
  qk_norm_rope_cpu(args, begin, end);
}

}  // namespace zoetrope::kernels::test
