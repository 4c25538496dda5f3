#include <algorithm>

#include "kernels/frame_pixels/frame_pixels.h"

namespace zoetrope::kernels {
namespace {

constexpr float kRed = 0.2126F, kGreen = 0.7152F, kBlue = 0.0722F;

// Two rows of a frame.
struct RowPair {
  RowPair(const FramePixelsArgs& args, std::int64_t pair)
      : width(args.width), plane(args.height * args.width) {
    const std::int64_t frame = pair / (args.height / 2);
    first = args.rgb + 2 * frame * plane + 2 * pair * width;
  }

  // The comparison is false for NaN.
  float at(int channel, std::int64_t row, std::int64_t x) const {
    const float value = first[channel * plane + row * width + x];
    return value > 0.0F ? std::min(value, 1.0F) : 0.0F;
  }
  float luma(std::int64_t row, std::int64_t x) const {
    return kRed * at(0, row, x) + kGreen * at(1, row, x) + kBlue * at(2, row, x);
  }
  // The sum over both rows of what a colour differs from the luma by; channel 2: Cb, 0: Cr.
  float difference(int channel, std::int64_t x) const {
    const float range = 2.0F * (1.0F - (channel == 2 ? kBlue : kRed));
    return (at(channel, 0, x) - luma(0, x)) / range + (at(channel, 1, x) - luma(1, x)) / range;
  }

  const float* first;
  std::int64_t width, plane;
};

void fill_rgb(const FramePixelsArgs& args, std::int64_t pair) {
  const RowPair rows(args, pair);
  auto* to = static_cast<std::uint8_t*>(args.planes[0]) + pair * 2 * args.width * 3;
  for (std::int64_t row = 0; row < 2; ++row) {
    for (std::int64_t x = 0; x < args.width; ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        *to++ = static_cast<std::uint8_t>(rows.at(channel, row, x) * 255.0F + 0.5F);
      }
    }
  }
}

void fill_yuv(const FramePixelsArgs& args, std::int64_t pair) {
  const RowPair rows(args, pair);
  auto* luma = static_cast<std::uint16_t*>(args.planes[0]) + pair * 2 * args.width;
  for (std::int64_t row = 0; row < 2; ++row) {
    for (std::int64_t x = 0; x < args.width; ++x) {
      *luma++ = static_cast<std::uint16_t>((16.0F + 219.0F * rows.luma(row, x)) * 4.0F + 0.5F);
    }
  }
  for (int plane = 1; plane <= 2; ++plane) {
    const int channel = plane == 1 ? 2 : 0;
    auto* to = static_cast<std::uint16_t*>(args.planes[plane]) + pair * args.width / 2;
    for (std::int64_t x = 0; x < args.width; x += 2) {
      const float left = rows.difference(channel, std::max<std::int64_t>(x - 1, 0));
      const float sum =
          (left + 2.0F * rows.difference(channel, x) + rows.difference(channel, x + 1)) / 4.0F;
      *to++ = static_cast<std::uint16_t>((128.0F + 224.0F * sum / 2.0F) * 4.0F + 0.5F);
    }
  }
}

}  // namespace

void frame_pixels_cpu(const FramePixelsArgs& args, std::int64_t begin, std::int64_t end) {
  for (std::int64_t pair = begin; pair < end; ++pair) {
    args.format == PixelFormat::kRgb24 ? fill_rgb(args, pair) : fill_yuv(args, pair);
  }
}

}  // namespace zoetrope::kernels
