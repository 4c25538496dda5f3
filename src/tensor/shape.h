#pragma once

#include <initializer_list>
#include <string>

#include "tensor/tensor.h"

namespace zoetrope {

/// A size that is not checked, e.g. the number of text tokens.
inline constexpr std::int64_t kAny = -1;

/// "[1, 16, 3]"
std::string shape_text(at::IntArrayRef shape);

/// Throws Error(kInternal) "NAME has shape [...] (expected [...])" unless the sizes agree.
void require_shape(const Tensor& tensor, std::initializer_list<std::int64_t> expected,
                   const char* name);

}  // namespace zoetrope
