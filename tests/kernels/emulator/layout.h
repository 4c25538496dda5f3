#pragma once

#include <vector>

namespace emulator::test {

/// A CuTe layout: a number is taken apart by the shape, lowest first, and put together by the
/// strides.
struct Layout {
  std::vector<unsigned> shape, stride;
  unsigned operator()(unsigned number) const {
    unsigned index = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      index += number % shape[i] * stride[i];
      number /= shape[i];
    }
    return index;
  }
};

}  // namespace emulator::test
