#include "kernels/memory.h"

#include <algorithm>
#include <cstring>

namespace zoetrope::kernels::test {

void Memory::add(const void* base, const Rows& rows, bool is_output) {
  const std::size_t bytes = static_cast<std::size_t>(rows.dim) * rows.element_bytes;
  for (std::int64_t r = rows.begin; r < rows.end; ++r) {
    auto* begin = const_cast<unsigned char*>(static_cast<const unsigned char*>(base)) +
                  static_cast<std::size_t>(r * rows.stride) * rows.element_bytes;
    const auto same = std::find_if(spans_.begin(), spans_.end(),
                                   [&](const Span& span) { return span.begin == begin; });
    if (same == spans_.end()) {
      spans_.push_back({begin, bytes, !is_output, is_output});
    } else {  // in place
      same->is_input = same->is_input || !is_output;
      same->is_output = same->is_output || is_output;
    }
  }
}

std::vector<std::vector<unsigned char>> Memory::outputs() const {
  std::vector<std::vector<unsigned char>> outputs;
  for (const Span& span : spans_) {
    if (span.is_output) outputs.emplace_back(span.begin, span.begin + span.bytes);
  }
  return outputs;
}

void Memory::restore(const std::vector<std::vector<unsigned char>>& outputs) const {
  std::size_t i = 0;
  for (const Span& span : spans_) {
    if (span.is_output) std::memcpy(span.begin, outputs[i++].data(), span.bytes);
  }
}

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

}  // namespace

Memory memory_of(const FramePixelsArgs& args, std::int64_t begin, std::int64_t end) {
  const std::int64_t pairs = args.height / 2, row = args.width, plane = args.height * row;
  const bool rgb = args.format == PixelFormat::kRgb24;
  Memory memory;
  for (std::int64_t pair = begin; pair < end; ++pair) {
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      const std::int64_t first = (pair / pairs * 3 + channel) * plane + pair % pairs * 2 * row;
      memory.input(args.rgb + first, rows_of(0, 1, 0, 2 * row));
    }
    memory.output(args.planes[0], {pair, pair + 1, (rgb ? 6 : 4) * row, (rgb ? 6 : 4) * row, 1});
    if (rgb) continue;
    for (int p = 1; p < 3; ++p) memory.output(args.planes[p], {pair, pair + 1, row, row, 1});
  }
  return memory;
}

Memory memory_of(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end) {
  const std::size_t bytes = bytes_of(args.type);
  Memory memory;
  memory.input(args.x, {begin, end, args.x_stride, args.dim, bytes});
  memory.input(args.branch, {begin, end, args.branch_stride, args.dim, bytes});
  memory.input(args.gate, shared_rows(begin, end, args.gate_stride, args.dim));
  memory.output(args.y, {begin, end, args.y_stride, args.dim, bytes});
  return memory;
}

/// All that y could ask of x: runs along the fastest axis.
Memory memory_of(const GatherArgs& args, std::int64_t begin, std::int64_t end) {
  const std::int64_t bytes = static_cast<std::int64_t>(bytes_of(args.x_type));
  std::vector<std::int64_t> places = {0};
  for (int a = 0; a < args.axis_count; ++a) {
    const GatherArgs::Axis& axis = args.axes[a];
    if (a == args.axis_count - 1 && axis.x_stride == 1 && axis.repeat == 1) break;
    std::vector<std::int64_t> next;
    for (const std::int64_t place : places) {
      for (std::int64_t i = 0; i < axis.size; i += axis.repeat) {
        next.push_back(place + i / axis.repeat * axis.x_stride);
      }
    }
    places = next;
  }
  const GatherArgs::Axis& fastest = args.axes[args.axis_count - 1];
  const bool runs = fastest.x_stride == 1 && fastest.repeat == 1;
  Memory memory;
  for (const std::int64_t place : places) {
    memory.input(static_cast<const char*>(args.x) + place * bytes,
                 {0, 1, 0, runs ? fastest.size : 1, static_cast<std::size_t>(bytes)});
  }
  memory.output(args.y, {begin, begin + 1, 1, end - begin, bytes_of(args.y_type)});
  return memory;
}

Memory memory_of(const GuidedStepArgs& args, std::int64_t begin, std::int64_t end) {
  const Memory::Rows elements = {0, 1, 0, end - begin, sizeof(float)};
  Memory memory;
  for (const float* input : {args.x, args.prompted, args.negative}) {
    if (input != nullptr) memory.input(input + begin, elements);
  }
  for (int k = 0; k < args.history_size; ++k) memory.input(args.history[k] + begin, elements);
  for (float* output : {args.next, args.kept_start, args.kept_prediction}) {
    if (output != nullptr) memory.output(output + begin, elements);
  }
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

Memory memory_of(const LayerNormQuantiseArgs& args, std::int64_t begin, std::int64_t end) {
  const LayerNormModulateArgs& norm = args.norm;
  Memory memory;
  memory.input(norm.x, {begin, end, norm.x_stride, norm.dim, bytes_of(norm.type)});
  memory.input(norm.scale, shared_rows(begin, end, norm.scale_stride, norm.dim));
  memory.input(norm.shift, shared_rows(begin, end, norm.shift_stride, norm.dim));
  memory.output(norm.y, {begin, end, norm.y_stride, norm.dim, 1});
  memory.output(args.row_scales, rows_of(begin, end, 1, 1));
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

Memory memory_of(const QkNormRopeArgs& args, std::int64_t begin, std::int64_t end) {
  const std::size_t bytes = bytes_of(args.type);
  const std::int64_t dim = 2 * args.heads * args.pairs;
  Memory memory;
  memory.input(args.cos, rows_of(begin, end, args.pairs, args.pairs));
  memory.input(args.sin, rows_of(begin, end, args.pairs, args.pairs));
  memory.input(args.q_weight, {0, 1, 0, dim, bytes});
  memory.input(args.k_weight, {0, 1, 0, dim, bytes});
  for (const auto& [x, stride] : {std::pair(args.q, args.q_stride), {args.k, args.k_stride}}) {
    memory.input(x, {begin, end, stride, dim, bytes});
    memory.output(x, {begin, end, stride, dim, bytes});
  }
  return memory;
}

Memory memory_of(const AttentionArgs& args) {
  const std::int64_t dim = args.head_dim;
  Memory memory;
  const auto at = [](const void* base, std::int64_t elements) {
    return static_cast<const Bf16*>(base) + elements;
  };
  for (std::int64_t n = 0; n < args.heads; ++n) {
    memory.input(at(args.q, n * args.q_head_stride),
                 {0, args.queries, args.q_token_stride, dim, sizeof(Bf16)});
    memory.input(at(args.k, n * args.k_head_stride),
                 {0, args.keys, args.k_token_stride, dim, sizeof(Bf16)});
    memory.input(at(args.v, n * args.v_head_stride),
                 {0, args.keys, args.v_token_stride, dim, sizeof(Bf16)});
    memory.output(at(args.y, n * args.y_head_stride),
                  {0, args.queries, args.y_token_stride, dim, sizeof(Bf16)});
  }
  if (args.key_bias != nullptr) memory.input(args.key_bias, rows_of(0, 1, 0, args.keys));
  return memory;
}

}  // namespace zoetrope::kernels::test
