#pragma once

#include "media/picture.h"

namespace zoetrope {

enum class ResizeFilter { kBicubic, kLanczos };

/// Resizes to exactly width x height, at most 8192^2 pixels, bit for bit as Pillow's Image.resize
/// does on RGB: two passes of 8 bits with 22-bit fixed-point weights, horizontal first unless the
/// height shrinks by more than twice as many pixels as the width. Source: Pillow 13.0, Resample.c
/// (older ones: always horizontal first).
Picture resize(const Picture& picture, int width, int height, ResizeFilter filter);

/// The part of `picture` that begins at (left, top); it must lie inside.
Picture crop(const Picture& picture, int left, int top, int width, int height);

/// What to do where a still has another aspect than the clip.
enum class Fit {
  kStretch,  ///< to the clip's size, as the reference pipelines do
  kCrop,     ///< cover the clip, keep the centre; as Pillow's ImageOps.fit
  kPad  ///< lie within the clip, black around; as Pillow's ImageOps.pad, at least a pixel wide and
        ///< high
};

/// The still at the clip's size, by Lanczos.
Picture fit_to(const Picture& picture, int width, int height, Fit fit);

}  // namespace zoetrope
