#pragma once

#include <array>

#include "media/resize.h"
#include "tensor/tensor.h"

namespace zoetrope {

class ConfigFile;

/// What is done to a still before a CLIP vision tower sees it: resized by Pillow's bicubic filter,
/// cut to its centre, normalised. The defaults are CLIP's.
///
/// Source: transformers' CLIPImageProcessorPil. Its variant for torchvision rounds in other places:
/// smooth pictures differ by up to 2 levels of 255, hard edges by more.
struct ClipProcessor {
  int shortest_edge = 224;  ///< resized to, keeping the aspect; 0: resized to width x height
  int width = 0, height = 0;
  int crop_width = 224, crop_height = 224;  ///< cut out of the centre
  double rescale_factor = 1.0 / 255;
  std::array<double, 3> mean{0.48145466, 0.4578275, 0.40821073};
  std::array<double, 3> deviation{0.26862954, 0.26130258, 0.27577711};

  /// fp32 [1, 3, crop_height, crop_width]. Throws Error(kUsage) for a still so long and narrow that
  /// it cannot be resized by its shorter side.
  Tensor operator()(const Picture& still) const;
};

/// Reads preprocessor_config.json. Throws Error(kCorrupt) for a value that cannot be, Error(kUsage)
/// for what is not supported: no resizing, another filter, no crop of a still that keeps its
/// aspect, a crop larger than what it is cut from.
ClipProcessor read_clip_processor(const ConfigFile& config);

}  // namespace zoetrope
