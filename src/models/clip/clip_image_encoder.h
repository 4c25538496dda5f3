#pragma once

#include <utility>

#include "models/clip/clip_processor.h"
#include "models/clip/clip_vision.h"

namespace zoetrope {

/// What a Wan 2.1 image-to-video transformer sees of a still.
class ClipImageEncoder {
 public:
  ClipImageEncoder(const ClipProcessor& processor, ClipVision vision)
      : processor_(processor), vision_(std::move(vision)) {}

  /// Returns [1, 1 + n, D]: the rows before the last layer, the class's row first.
  Tensor encode(const Picture& still) const { return vision_(processor_(still)); }

 private:
  ClipProcessor processor_;
  ClipVision vision_;
};

}  // namespace zoetrope
