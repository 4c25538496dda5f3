#pragma once

#include <cstdint>
#include <vector>

#include "kernels/attention/attention.h"
#include "kernels/frame_pixels/frame_pixels.h"
#include "kernels/gated_residual/gated_residual.h"
#include "kernels/gather/gather.h"
#include "kernels/guided_step/guided_step.h"
#include "kernels/layer_norm_modulate/layer_norm_modulate.h"
#include "kernels/qk_norm_rope/qk_norm_rope.h"
#include "kernels/rms_norm/rms_norm.h"

namespace zoetrope::kernels::test {

/// The memory that a kernel may use, and how it is put back between runs.
class Memory {
 public:
  struct Rows {
    std::int64_t begin = 0, end = 0, stride = 0, dim = 0;  // of elements
    std::size_t element_bytes = 0;
  };
  struct Span {
    unsigned char* begin;
    std::size_t bytes;
    bool is_input, is_output;
  };

  void input(const void* base, const Rows& rows) { add(base, rows, /*is_output=*/false); }
  void output(const void* base, const Rows& rows) { add(base, rows, /*is_output=*/true); }

  const std::vector<Span>& spans() const { return spans_; }
  std::vector<std::vector<unsigned char>> outputs() const;
  void restore(const std::vector<std::vector<unsigned char>>& outputs) const;

 private:
  void add(const void* base, const Rows& rows, bool is_output);
  std::vector<Span> spans_;
};

/// What the arguments let a kernel touch for rows (tokens) [begin, end).
Memory memory_of(const FramePixelsArgs& args, std::int64_t begin, std::int64_t end);
Memory memory_of(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end);
/// The same of elements [begin, end).
Memory memory_of(const GatherArgs& args, std::int64_t begin, std::int64_t end);
Memory memory_of(const GuidedStepArgs& args, std::int64_t begin, std::int64_t end);
Memory memory_of(const LayerNormModulateArgs& args, std::int64_t begin, std::int64_t end);
Memory memory_of(const LayerNormQuantiseArgs& args, std::int64_t begin, std::int64_t end);
Memory memory_of(const RmsNormArgs& args, std::int64_t begin, std::int64_t end);
Memory memory_of(const QkNormRopeArgs& args, std::int64_t begin, std::int64_t end);
Memory memory_of(const AttentionArgs& args);

}  // namespace zoetrope::kernels::test
