#pragma once

// The one include of ATen, and the header that is precompiled: ATen alone takes 7 s a file.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

namespace zoetrope {

using at::Tensor;

}  // namespace zoetrope
