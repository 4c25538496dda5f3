#pragma once

#include <cstdint>
#include <vector>

namespace zoetrope {

/// A still in memory: sRGB, 8 bits a channel, upright, rows from top to bottom.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;  ///< [height, width, 3], contiguous
};

}  // namespace zoetrope
