#include "media/still_rows.h"

#include <utility>

#include "core/check.h"

namespace zoetrope::media {

StillRows::StillRows(const StillLayout& layout, std::optional<ColorTransform> transform)
    : layout_(layout), transform_(std::move(transform)) {
  const int orientation = layout.orientation;
  const bool swapped = orientation >= 5;
  const bool mirror_x = orientation == 2 || orientation == 3 || orientation >= 7;
  const bool mirror_y =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  picture_.width = swapped ? layout.height : layout.width;
  picture_.height = swapped ? layout.width : layout.height;
  const std::ptrdiff_t row = std::ptrdiff_t{3} * picture_.width;
  picture_.rgb.resize(static_cast<std::size_t>(row) * static_cast<std::size_t>(picture_.height));
  step_x_ = swapped ? row : 3;
  step_y_ = swapped ? 3 : row;
  if (mirror_x) {
    origin_ += (layout.width - 1) * step_x_;
    step_x_ = -step_x_;
  }
  if (mirror_y) {
    origin_ += (layout.height - 1) * step_y_;
    step_y_ = -step_y_;
  }
}

void StillRows::lay_over_black(std::uint8_t* pixels, int count) {
  for (int i = 0; i < count; ++i, pixels += 4) {
    const int alpha = pixels[3];
    if (alpha == 255) continue;
    transparent_ = true;
    for (int c = 0; c < 3; ++c) {
      pixels[c] = static_cast<std::uint8_t>((pixels[c] * alpha + 127) / 255);
    }
  }
}

void StillRows::put(std::uint8_t* pixels, const RowPart& part) {
  if (part.count == 0) return;
  ZOETROPE_CHECK(part.y >= 0 && part.y < layout_.height && part.first_x >= 0 && part.count > 0 &&
                 part.first_x + std::ptrdiff_t{part.count - 1} * part.step_x < layout_.width);
  if (transform_) transform_->apply(pixels, part.count);
  if (layout_.kind == PixelKind::kRgba) lay_over_black(pixels, part.count);
  const int bytes = bytes_a_pixel(layout_.kind);
  const std::ptrdiff_t step = part.step_x * step_x_;
  std::uint8_t* to = picture_.rgb.data() + origin_ + part.y * step_y_ + part.first_x * step_x_;
  for (int i = 0; i < part.count; ++i, pixels += bytes) {
    to[0] = pixels[0];
    to[1] = pixels[1];
    to[2] = pixels[2];
    // Not past the last: that would leave the picture.
    if (i + 1 < part.count) to += step;
  }
}

}  // namespace zoetrope::media
