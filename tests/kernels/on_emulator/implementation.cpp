#include "kernels/on_emulator/implementation.h"

#include "kernels/on_emulator/memory_of.h"

namespace zoetrope::kernels::test {
namespace {

std::size_t bytes_of(ElementType type) { return type == ElementType::kF32 ? 4 : 2; }

Memory::Rows rows_of(std::int64_t begin, std::int64_t end, std::int64_t stride, std::int64_t dim) {
  return {begin, end, stride, dim, sizeof(float)};
}

/// One row for all where the stride is 0.
Memory::Rows shared_rows(std::int64_t begin, std::int64_t end, std::int64_t stride,
                         std::int64_t dim) {
  return stride == 0 ? rows_of(0, 1, 0, dim) : rows_of(begin, end, stride, dim);
}

template <typename Args>
void expect_faultless_rows(const Args& args, std::int64_t begin, std::int64_t end,
                           int (*kernel)(const Args&, std::int64_t, std::int64_t, CudaStream)) {
  expect_faultless(
      memory_of(args, begin, end), [&] { return kernel(args, begin, end, nullptr); },
      every_schedule());
}

}  // namespace

Memory memory_of(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end) {
  const std::size_t bytes = bytes_of(args.type);
  Memory memory;
  memory.input(args.x, {begin, end, args.x_stride, args.dim, bytes});
  memory.input(args.branch, {begin, end, args.branch_stride, args.dim, bytes});
  memory.input(args.gate, shared_rows(begin, end, args.gate_stride, args.dim));
  memory.output(args.y, {begin, end, args.y_stride, args.dim, bytes});
  return memory;
}

Memory memory_of(const LayerNormModulateArgs& args, std::int64_t begin, std::int64_t end) {
  const std::size_t bytes = bytes_of(args.type);
  Memory memory;
  memory.input(args.x, {begin, end, args.x_stride, args.dim, bytes});
  memory.input(args.scale, shared_rows(begin, end, args.scale_stride, args.dim));
  memory.input(args.shift, shared_rows(begin, end, args.shift_stride, args.dim));
  memory.output(args.y, {begin, end, args.y_stride, args.dim, bytes});
  return memory;
}

Memory memory_of(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  const std::size_t bytes = bytes_of(args.type);
  Memory memory;
  memory.input(args.x, {begin, end, args.x_stride, args.dim, bytes});
  memory.input(args.weight, {0, 1, 0, args.dim, bytes});
  memory.output(args.y, {begin, end, args.y_stride, args.dim, bytes});
  return memory;
}

Memory memory_of(const Rope3dArgs& args, std::int64_t begin, std::int64_t end) {
  const std::size_t bytes = bytes_of(args.type);
  Memory memory;
  memory.input(args.cos, rows_of(begin, end, args.pairs, args.pairs));
  memory.input(args.sin, rows_of(begin, end, args.pairs, args.pairs));
  for (std::int64_t l = begin; l < end; ++l) {
    const auto at = [&](const void* base, std::int64_t stride) {
      return static_cast<const char*>(base) + l * stride * static_cast<std::int64_t>(bytes);
    };
    memory.input(at(args.x, args.x_token_stride),
                 {0, args.heads, args.x_head_stride, 2 * args.pairs, bytes});
    memory.output(at(args.y, args.y_token_stride),
                  {0, args.heads, args.y_head_stride, 2 * args.pairs, bytes});
  }
  return memory;
}

void run(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end) {
  expect_faultless_rows(args, begin, end, gated_residual_cuda);
}
void run(const LayerNormModulateArgs& args, std::int64_t begin, std::int64_t end) {
  expect_faultless_rows(args, begin, end, layer_norm_modulate_cuda);
}
void run(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  expect_faultless_rows(args, begin, end, rms_norm_cuda);
}
void run(const Rope3dArgs& args, std::int64_t begin, std::int64_t end) {
  expect_faultless_rows(args, begin, end, rope_3d_cuda);
}

}  // namespace zoetrope::kernels::test
