#pragma once

#include <string>

#include "tensor/tensor.h"

namespace zoetrope {

/// "fp32", "bf16", or "auto": bf16 where the processor computes it in hardware.
/// Throws Error(kUsage) for another word.
at::ScalarType compute_type(const std::string& dtype);

/// Threads that ATen computes with from now on; 0: one a core. Throws Error(kUsage).
void use_threads(int threads);

}  // namespace zoetrope
