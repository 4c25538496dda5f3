#include "media/pixel.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/frame_pixels/frame_pixels.h"
#include "unit/media/clips.h"

namespace zoetrope::media {
namespace {

struct Codes {
  double luma, cb, cr;
};

// ITU-R BT.709-6, 3.2 to 3.5, for 8-bit codes before rounding; 10-bit codes are 4 times these.
Codes bt709(double red, double green, double blue) {
  const double luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return {16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748};
}

int wide_at(const AVFrame& frame, int plane, int x, int y) {
  return reinterpret_cast<const std::uint16_t*>(frame.data[plane] + y * frame.linesize[plane])[x];
}

TEST(ToFrame, RoundsTenBitToTheFormulaOfBt709) {
  for (const test::Color c : {test::Color{255, 0, 0}, {10, 200, 90}, {0, 0, 0}, {255, 255, 255}}) {
    const test::TestFrame rgb = test::patches_frame(16, 8, {c, c, c, c, c, c, c, c});
    const FramePtr frame = to_frame(rgb.values.data(), 16, 8, AV_PIX_FMT_YUV420P10);
    const Codes codes = bt709(c[0] / 255.0, c[1] / 255.0, c[2] / 255.0);
    for (int y = 0; y < 8; ++y) {
      for (int x = 0; x < 16; ++x) {
        EXPECT_NEAR(wide_at(*frame, 0, x, y), 4 * codes.luma, 0.501);
        EXPECT_NEAR(wide_at(*frame, 1, x / 2, y / 2), 4 * codes.cb, 0.501);
        EXPECT_NEAR(wide_at(*frame, 2, x / 2, y / 2), 4 * codes.cr, 0.501);
      }
    }
  }
}

TEST(ToFrame, DithersEightBitLumaToTheTrueMean) {
  constexpr int kSide = 64;
  for (const float grey : {0.01F, 0.301F, 0.5F, 0.7777F, 0.99F}) {
    // A ramp far too slow for eight bits: a 40th of a level from corner to corner.
    std::vector<float> rgb(3 * kSide * kSide);
    for (std::size_t i = 0; i < rgb.size(); ++i) {
      rgb[i] = grey + 1e-4F * static_cast<float>(i % (kSide * kSide)) / (kSide * kSide);
    }
    const FramePtr frame = to_frame(rgb.data(), kSide, kSide, AV_PIX_FMT_YUV420P);
    const double expected = bt709(grey, grey, grey).luma + 219 * 0.5e-4;
    double sum = 0;
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        const int code = frame->data[0][y * frame->linesize[0] + x];
        EXPECT_LT(std::abs(code - expected), 1.02);
        sum += code;
      }
    }
    EXPECT_NEAR(sum / (kSide * kSide), expected, 0.02) << grey;
  }
}

TEST(ToFrame, LeavesFlatAreasFlat) {
  const test::Color c = {64, 96, 161};
  const test::TestFrame rgb = test::patches_frame(16, 8, {c, c, c, c, c, c, c, c});
  const FramePtr frame = to_frame(rgb.values.data(), 16, 8, AV_PIX_FMT_YUV420P);
  const Codes codes = bt709(64 / 255.0, 96 / 255.0, 161 / 255.0);
  for (int i = 0; i < 16 * 8; ++i) {
    const int x = i % 16, y = i / 16;
    EXPECT_EQ(frame->data[0][y * frame->linesize[0] + x], std::lround(codes.luma));
    EXPECT_EQ(frame->data[1][y / 2 * frame->linesize[1] + x / 2], std::lround(codes.cb));
    EXPECT_EQ(frame->data[2][y / 2 * frame->linesize[2] + x / 2], std::lround(codes.cr));
  }
}

TEST(ToFrame, SitesHalvedChromaOnTheLeftPixel) {
  // Blue from column 4 on: the sample of column 4 sees 1/4 of column 3, 1/2 of 4 and 1/4 of 5.
  std::vector<float> rgb(3 * 8 * 2, 0.0F);
  for (int y = 0; y < 2; ++y) {
    for (int x = 4; x < 8; ++x) rgb[2 * 16 + y * 8 + x] = 1.0F;
  }
  const FramePtr frame = to_frame(rgb.data(), 8, 2, AV_PIX_FMT_YUV420P10);
  const double step = 4 * (bt709(0, 0, 1).cb - 128);
  EXPECT_EQ(wide_at(*frame, 1, 1, 0), 512);
  EXPECT_NEAR(wide_at(*frame, 1, 2, 0), 512 + 0.75 * step, 0.501);
  EXPECT_NEAR(wide_at(*frame, 1, 3, 0), 512 + step, 0.501);
}

TEST(ToFrame, RoundsRgbAndBoundsWhatIsOutside) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> rgb = {-1.0F, 0.5F, 2.0F, nan, infinity, 0.1F};
  const FramePtr frame = to_frame(rgb.data(), 2, 1, AV_PIX_FMT_RGB24);
  const std::vector<int> expected = {0, 255, 255, 128, 0, 26};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(frame->data[0][i], expected[i]) << i;
}

TEST(ToFrame, KeepsTheMeanOfAGreyInThePalette) {
  constexpr int kSide = 64;
  for (const float grey : {0.0F, 0.13F, 0.5F, 0.92F, 1.0F}) {
    const std::vector<float> rgb(3 * kSide * kSide, grey);
    const FramePtr frame = to_frame(rgb.data(), kSide, kSide, AV_PIX_FMT_PAL8);
    const auto* palette = reinterpret_cast<const std::uint32_t*>(frame->data[1]);
    double sums[3] = {};
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        const std::uint32_t color = palette[frame->data[0][y * frame->linesize[0] + x]];
        for (int plane = 0; plane < 3; ++plane) sums[plane] += color >> (16 - 8 * plane) & 255U;
      }
    }
    for (const double sum : sums) EXPECT_NEAR(sum / (kSide * kSide), 255 * grey, 1.0) << grey;
  }
}

TEST(ToFrame, IsWhatTheKernelOfTheGpuMakes) {
  constexpr int kWidth = 34, kHeight = 6;
  std::vector<float> rgb;
  for (int i = 0; i < 3 * kWidth * kHeight; ++i)
    rgb.push_back(-0.1F + 1.2F * std::fmod(i * 0.618F, 1));
  std::vector<std::uint16_t> luma(kWidth * kHeight), cb(luma.size() / 4), cr(luma.size() / 4);
  std::vector<std::uint8_t> bytes(3 * luma.size());
  kernels::FramePixelsArgs args;
  args.rgb = rgb.data();
  args.width = kWidth;
  args.height = kHeight;
  args.planes[0] = bytes.data();
  frame_pixels_cpu(args, 0, kHeight / 2);
  args.format = kernels::PixelFormat::kYuv420p10;
  args.planes[0] = luma.data();
  args.planes[1] = cb.data();
  args.planes[2] = cr.data();
  frame_pixels_cpu(args, 0, kHeight / 2);

  const FramePtr wide = to_frame(rgb.data(), kWidth, kHeight, AV_PIX_FMT_YUV420P10);
  const FramePtr packed = to_frame(rgb.data(), kWidth, kHeight, AV_PIX_FMT_RGB24);
  for (int i = 0; i < kWidth * kHeight; ++i) {
    const int x = i % kWidth, y = i / kWidth, chroma = y / 2 * kWidth / 2 + x / 2;
    EXPECT_NEAR(luma[i], wide_at(*wide, 0, x, y), 1);
    EXPECT_NEAR(cb[chroma], wide_at(*wide, 1, x / 2, y / 2), 1);
    EXPECT_NEAR(cr[chroma], wide_at(*wide, 2, x / 2, y / 2), 1);
    for (int c = 0; c < 3; ++c) {
      EXPECT_NEAR(bytes[3 * i + c], packed->data[0][y * packed->linesize[0] + 3 * x + c], 1);
    }
  }
}

}  // namespace
}  // namespace zoetrope::media
