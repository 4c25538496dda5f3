#pragma once

// The tests of kernels are compiled once for each implementation, which this header's folder names.

#include "kernels/attention/attention.h"
#include "kernels/frame_pixels/frame_pixels.h"
#include "kernels/gated_residual/gated_residual.h"
#include "kernels/gather/gather.h"
#include "kernels/guided_step/guided_step.h"
#include "kernels/layer_norm_modulate/layer_norm_modulate.h"
#include "kernels/qk_norm_rope/qk_norm_rope.h"
#include "kernels/rms_norm/rms_norm.h"

namespace zoetrope::kernels::test {

/// Runs the CUDA kernel in the emulator under several schedules: nothing may be reported, and all
/// must leave the same bits. Only the rows that the arguments name may be touched.
void run(const FramePixelsArgs& args, std::int64_t begin, std::int64_t end);
void run(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end);
void run(const GatherArgs& args, std::int64_t begin, std::int64_t end);
void run(const GuidedStepArgs& args, std::int64_t begin, std::int64_t end);
void run(const LayerNormModulateArgs& args, std::int64_t begin, std::int64_t end);
void run(const LayerNormQuantiseArgs& args, std::int64_t begin, std::int64_t end);
void run(const RmsNormArgs& args, std::int64_t begin, std::int64_t end);
void run_silu(const RmsNormArgs& args, std::int64_t begin, std::int64_t end);
void run(const QkNormRopeArgs& args, std::int64_t begin, std::int64_t end);
void run(const AttentionArgs& args);

}  // namespace zoetrope::kernels::test
