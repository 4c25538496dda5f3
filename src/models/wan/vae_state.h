#pragma once

#include <cstdint>
#include <unordered_map>

#include "tensor/tensor.h"

namespace zoetrope {

/// What the layers of one encoding or decoding remember of the chunks they have seen: the last
/// frames of what each convolution in time was given. Its size does not depend on how many chunks
/// there were.
class WanVaeState {
 public:
  /// Call before each chunk.
  void begin_chunk() { ++chunks_; }

  bool first_chunk() const { return chunks_ == 1; }

  /// The memory of a layer, undefined until the layer sets it.
  Tensor& of(const void* layer) { return memory_[layer]; }

  /// Bytes that are kept between chunks.
  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [layer, frames] : memory_) sum += frames.storage().nbytes();
    return sum;
  }

 private:
  std::unordered_map<const void*, Tensor> memory_;
  std::int64_t chunks_ = 0;
};

}  // namespace zoetrope
