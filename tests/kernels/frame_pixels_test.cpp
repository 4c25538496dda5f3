#include "kernels/frame_pixels/frame_pixels.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>

#include "implementation.h"
#include "kernels/rows.h"

namespace zoetrope::kernels::test {
namespace {

struct Size {
  std::int64_t frames, height, width;
};
constexpr Size kFrameSizes[] = {{1, 2, 2}, {2, 6, 10}, {3, 4, 16}, {1, 2, 302}, {2, 4, 4112}};

constexpr unsigned char kUntouched = 0xa5;

/// Frames with values from below 0 to above 1, and planes with padding of 32 bytes on both sides.
class Frames {
 public:
  Frames(const Size& size, PixelFormat format)
      : size_(size),
        rgb_(1, 3 * size.frames * size.height * size.width,
             3 * size.frames * size.height * size.width + (size.width % 16 == 0 ? 16 : 15)) {
    const std::int64_t pixels = size.frames * size.height * size.width;
    const bool rgb = format == PixelFormat::kRgb24;
    bytes_ = {rgb ? 3 * pixels : 2 * pixels, rgb ? 0 : pixels / 2, rgb ? 0 : pixels / 2};
    args_.rgb = rgb_.data();
    args_.height = size.height;
    args_.width = size.width;
    args_.format = format;
    for (int p = 0; p < 3; ++p) {
      const auto plane = static_cast<std::size_t>(p);
      planes_[plane].assign(static_cast<std::size_t>(bytes_[plane]) / 16 + 6, Vector());
      args_.planes[p] = first_of(p);
    }
  }

  void run_all() { run(args_, 0, size_.frames * size_.height / 2); }
  FramePixelsArgs& args() { return args_; }
  Rows<float>& rgb() { return rgb_; }

  double channel(int channel, std::int64_t frame, std::int64_t y, std::int64_t x) {
    const std::int64_t plane = size_.height * size_.width;
    const double value = rgb_.value(0, (3 * frame + channel) * plane + y * size_.width + x);
    return value > 0 ? std::fmin(value, 1) : 0;
  }
  double luma(std::int64_t f, std::int64_t y, std::int64_t x) {
    return 0.2126 * channel(0, f, y, x) + 0.7152 * channel(1, f, y, x) +
           0.0722 * channel(2, f, y, x);
  }
  std::uint16_t word(int plane, std::int64_t i) {
    std::uint16_t word;
    std::memcpy(&word, first_of(plane) + 2 * i, 2);
    return word;
  }
  unsigned char byte(std::int64_t i) { return first_of(0)[i]; }

  void expect_padding_untouched() {
    for (int p = 0; p < 3; ++p) {
      const auto plane = static_cast<std::size_t>(p);
      const auto* all = reinterpret_cast<const unsigned char*>(planes_[plane].data());
      for (std::size_t i = 0; i < planes_[plane].size() * 16; ++i) {
        const bool inside = i >= 32 && i < 32 + static_cast<std::size_t>(bytes_[plane]);
        ASSERT_TRUE(inside || all[i] == kUntouched) << "plane " << p << " byte " << i;
      }
    }
  }

 private:
  struct alignas(16) Vector {
    Vector() { std::memset(bytes, kUntouched, sizeof bytes); }
    unsigned char bytes[16];
  };
  unsigned char* first_of(int plane) {
    return reinterpret_cast<unsigned char*>(planes_[static_cast<std::size_t>(plane)].data()) + 32;
  }

  Size size_;
  Rows<float> rgb_;
  std::array<std::int64_t, 3> bytes_;
  std::array<std::vector<Vector>, 3> planes_;
  FramePixelsArgs args_;
};

/// floor(value + 1/2), where fp32 may decide a tie either way.
void expect_code(double code, double value) { EXPECT_LE(std::fabs(code - value), 0.5 + 1e-3); }

TEST(FramePixels, OfRgbAreRoundedBytes) {
  for (const Size& s : kFrameSizes) {
    Frames frames(s, PixelFormat::kRgb24);
    frames.run_all();
    for (std::int64_t i = 0; i < s.frames * s.height * s.width; ++i) {
      const std::int64_t x = i % s.width, y = i / s.width % s.height, f = i / s.width / s.height;
      for (int channel = 0; channel < 3; ++channel) {
        expect_code(frames.byte(3 * i + channel), 255 * frames.channel(channel, f, y, x));
      }
    }
    frames.expect_padding_untouched();
  }
}

TEST(FramePixels, OfYuvAreBt709WithChromaSitedLeft) {
  for (const Size& s : kFrameSizes) {
    Frames frames(s, PixelFormat::kYuv420p10);
    frames.run_all();
    for (std::int64_t i = 0; i < s.frames * s.height * s.width; ++i) {
      const std::int64_t x = i % s.width, y = i / s.width % s.height, f = i / s.width / s.height;
      expect_code(frames.word(0, i), 4 * (16 + 219 * frames.luma(f, y, x)));
    }
    const std::int64_t w = s.width / 2, h = s.height / 2;
    for (std::int64_t i = 0; i < s.frames * h * w; ++i) {
      const std::int64_t x = i % w * 2, y = i / w % h * 2, f = i / w / h;
      const auto chroma = [&](int channel, double range) {
        double sum = 0;
        for (std::int64_t row = y; row < y + 2; ++row) {
          const auto at = [&](std::int64_t column) {
            return (frames.channel(channel, f, row, column) - frames.luma(f, row, column)) / range;
          };
          sum += (at(std::max<std::int64_t>(x - 1, 0)) + 2 * at(x) + at(x + 1)) / 8;
        }
        return 4 * (128 + 224 * sum);
      };
      expect_code(frames.word(1, i), chroma(2, 1.8556));
      expect_code(frames.word(2, i), chroma(0, 1.5748));
    }
    frames.expect_padding_untouched();
  }
}

TEST(FramePixels, OfBlackWhiteAndNanAreTheirCodes) {
  for (const auto& [value, byte, code] :
       {std::tuple(0.0F, 0, 64), {1.0F, 255, 940}, {std::nanf(""), 0, 64}}) {
    Frames rgb({1, 2, 16}, PixelFormat::kRgb24), yuv({1, 2, 16}, PixelFormat::kYuv420p10);
    for (std::int64_t i = 0; i < 96; ++i) rgb.rgb().at(0, i) = yuv.rgb().at(0, i) = value;
    rgb.run_all();
    yuv.run_all();
    EXPECT_EQ(rgb.byte(50), byte);
    EXPECT_EQ(yuv.word(0, 20), code);
    EXPECT_EQ(yuv.word(1, 5), 512);
    EXPECT_EQ(yuv.word(2, 5), 512);
  }
}

}  // namespace
}  // namespace zoetrope::kernels::test
