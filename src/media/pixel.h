#pragma once

#include "media/av.h"

namespace zoetrope::media {

/// What the pixels of a format mean: BT.709 limited for YUV, full range for RGB.
struct ColorTags {
  AVColorPrimaries primaries;
  AVColorTransferCharacteristic transfer;
  AVColorSpace matrix;
  AVColorRange range;
};
ColorTags color_tags(AVPixelFormat pixel_format);

/// One frame as the encoder takes it. Rounded, never truncated; NaN counts as 0.
///
/// rgb: fp32 [3, height, width], R, G, B, nominally 0 … 1.
///
/// YUV: BT.709, limited range, chroma sited left (horizontal [1 2 1] / 4, vertical [1 1] / 2 where
/// halved). 8-bit luma is dithered except where the picture is flat to the last bit, so that slow
/// gradients do not band. Chroma and 10-bit are rounded: dithered chroma would move flat colours
/// by up to 3 levels, rounded it moves them by 1.
/// RGB: lround(255 v) or lround(1023 v).
/// PAL8: the fixed palette of 6 x 7 x 6 levels of R, G, B, dithered.
/// Source: ITU-R BT.709-6, 3.2 to 3.5; dither: the R2 sequence (Roberts 2018).
FramePtr to_frame(const float* rgb, int width, int height, AVPixelFormat pixel_format);

}  // namespace zoetrope::media
