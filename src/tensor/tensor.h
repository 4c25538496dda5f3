#pragma once

// The one include of ATen, and the header that is precompiled: ATen alone takes 7 s a file.
#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace zoetrope {

using at::Tensor;

}  // namespace zoetrope
