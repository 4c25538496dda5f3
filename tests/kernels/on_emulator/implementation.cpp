#include "implementation.h"

#include "kernels/on_emulator/emulated.h"

namespace zoetrope::kernels::test {
namespace {

/// Under every schedule; these kernels copy nothing asynchronously.
template <typename Args>
void expect_faultless_rows(const Args& args, std::int64_t begin, std::int64_t end,
                           int (*kernel)(const Args&, std::int64_t, std::int64_t, CudaStream)) {
  expect_faultless(
      memory_of(args, begin, end), [&] { return kernel(args, begin, end, nullptr); },
      every_schedule());
}

}  // namespace

void run(const FramePixelsArgs& args, std::int64_t begin, std::int64_t end) {
  expect_faultless_rows(args, begin, end, frame_pixels_cuda);
}
void run(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end) {
  expect_faultless_rows(args, begin, end, gated_residual_cuda);
}
void run(const GatherArgs& args, std::int64_t begin, std::int64_t end) {
  expect_faultless_rows(args, begin, end, gather_cuda);
}
void run(const GuidedStepArgs& args, std::int64_t begin, std::int64_t end) {
  expect_faultless_rows(args, begin, end, guided_step_cuda);
}
void run(const LayerNormModulateArgs& args, std::int64_t begin, std::int64_t end) {
  expect_faultless_rows(args, begin, end, layer_norm_modulate_cuda);
}
void run(const LayerNormQuantiseArgs& args, std::int64_t begin, std::int64_t end) {
  expect_faultless_rows(args, begin, end, layer_norm_quantise_cuda);
}
void run(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  expect_faultless_rows(args, begin, end, rms_norm_cuda);
}
void run_silu(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  expect_faultless_rows(args, begin, end, rms_norm_silu_cuda);
}
void run(const QkNormRopeArgs& args, std::int64_t begin, std::int64_t end) {
  expect_faultless_rows(args, begin, end, qk_norm_rope_cuda);
}

/// One way each time, all in turn: attention is long, and its tests are many.
void run(const AttentionArgs& args) {
  static std::size_t turn = 0;
  const auto ways = every_schedule_and_copy_timing();
  expect_faultless(memory_of(args), [&] { return attention_cuda(args, nullptr); },
                   {ways[turn++ % ways.size()]});
}

}  // namespace zoetrope::kernels::test
