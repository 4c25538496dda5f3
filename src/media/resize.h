#pragma once

#include "media/picture.h"

namespace zoetrope {

enum class ResizeFilter { kBicubic, kLanczos };

/// Resizes to exactly width x height, bit for bit as Pillow's Image.resize does on RGB: two passes
/// of 8 bits, horizontal first, with 22-bit fixed-point weights. Source: Pillow, Resample.c.
Picture resize(const Picture& picture, int width, int height, ResizeFilter filter);

/// The part of `picture` that begins at (left, top); it must lie inside.
Picture crop(const Picture& picture, int left, int top, int width, int height);

/// What to do where a still has another aspect than the clip.
enum class Fit {
  kStretch,  ///< to the clip's size, as the reference pipelines do
  kCrop,     ///< cover the clip, keep the centre
  kPad       ///< lie within the clip, black around
};

/// The still at the clip's size, by Lanczos.
Picture fit_to(const Picture& picture, int width, int height, Fit fit);

}  // namespace zoetrope
