#pragma once

#include "kernels/on_emulator/emulated.h"
#include "kernels/on_emulator/implementation.h"

namespace zoetrope::kernels::test {

/// What the arguments let a kernel touch for rows (tokens) [begin, end).
Memory memory_of(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end);
Memory memory_of(const LayerNormModulateArgs& args, std::int64_t begin, std::int64_t end);
Memory memory_of(const RmsNormArgs& args, std::int64_t begin, std::int64_t end);
Memory memory_of(const Rope3dArgs& args, std::int64_t begin, std::int64_t end);

}  // namespace zoetrope::kernels::test
