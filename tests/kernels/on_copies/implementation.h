#pragma once

// The CPU's kernels over copies of the tests' memory, moved as it is moved to a GPU and back.

#include <cstdlib>
#include <cstring>

#include "kernels/moved_memory.h"

namespace zoetrope::kernels::test {

inline Place heap() {
  const auto copy = [](void* to, const void* from, std::size_t bytes) {
    std::memcpy(to, from, bytes);
  };
  const auto allocate = [](std::size_t bytes) {
    return std::memset(std::aligned_alloc(256, (bytes + 255) / 256 * 256), 0xff, bytes);
  };
  return {allocate, std::free, copy, copy};
}

template <typename Args>
void run_on_copies(const Args& args, std::int64_t begin, std::int64_t end,
                   void (*kernel)(const Args&, std::int64_t, std::int64_t)) {
  run_moved(memory_of(args, begin, end), heap(), args,
            [&](const Args& moved) { kernel(moved, begin, end); });
}

inline void run(const FramePixelsArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_copies(args, begin, end, frame_pixels_cpu);
}
inline void run(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_copies(args, begin, end, gated_residual_cpu);
}
inline void run(const GatherArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_copies(args, begin, end, gather_cpu);
}
inline void run(const GuidedStepArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_copies(args, begin, end, guided_step_cpu);
}
inline void run(const LayerNormModulateArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_copies(args, begin, end, layer_norm_modulate_cpu);
}
inline void run(const LayerNormQuantiseArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_copies(args, begin, end, layer_norm_quantise_cpu);
}
inline void run(const QkNormRopeArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_copies(args, begin, end, qk_norm_rope_cpu);
}
inline void run(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_copies(args, begin, end, rms_norm_cpu);
}
inline void run_silu(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_copies(args, begin, end, rms_norm_silu_cpu);
}

}  // namespace zoetrope::kernels::test
