#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "media/picture.h"
#include "media/still_color.h"

namespace zoetrope::media {

/// What a decoder knows before its first row.
struct StillLayout {
  int width = 0;  ///< as stored, before turning
  int height = 0;
  PixelKind kind = PixelKind::kRgb;
  int orientation = 1;  ///< EXIF, 1 to 8
};

/// Pixels first_x, first_x + step_x, … of row y, as stored: interlaced files come in such parts.
struct RowPart {
  int y = 0;
  int first_x = 0;
  int step_x = 1;
  int count = 0;
};

/// Takes the rows of a still in whatever order they are decoded, and makes the picture of them:
/// colours to sRGB, then over black, then turned. Each pixel goes straight to where it belongs, so
/// that the picture is in memory once.
class StillRows {
 public:
  StillRows(const StillLayout& layout, std::optional<ColorTransform> transform);

  /// `pixels` is overwritten.
  void put(std::uint8_t* pixels, const RowPart& part);

  bool transparent() const { return transparent_; }
  Picture take() { return std::move(picture_); }

 private:
  void lay_over_black(std::uint8_t* pixels, int count);

  StillLayout layout_;
  std::optional<ColorTransform> transform_;
  Picture picture_;
  std::ptrdiff_t origin_ = 0;  ///< where pixel (0, 0) goes, in bytes
  std::ptrdiff_t step_x_ = 0;
  std::ptrdiff_t step_y_ = 0;
  bool transparent_ = false;
};

}  // namespace zoetrope::media
