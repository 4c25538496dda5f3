#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "support/temporary_folder.h"
#include "unit/media/clips.h"

namespace zoetrope {
namespace {

using test::Color;

constexpr int kWidth = 64, kHeight = 64, kRepeats = 4;

const std::vector<Color> kColors = {
    {0, 0, 0},     {255, 0, 0},     {0, 255, 0},     {0, 0, 255},   {255, 255, 0}, {255, 0, 255},
    {0, 255, 255}, {255, 255, 255}, {191, 0, 0},     {0, 191, 191}, {16, 16, 16},  {128, 128, 128},
    {64, 96, 160}, {200, 150, 120}, {235, 235, 235}, {30, 60, 40}};

// Each colour fills a second of the clip. The rate of `kRepeats` a second makes that a key frame
// and what follows it.
void write_colors(const VideoFileOptions& options) {
  const auto file = open_video_file(options, {kWidth, kHeight, {kRepeats, 1}});
  for (const Color& c : kColors) {
    const auto frame = test::patches_frame(kWidth, kHeight, {c, c, c, c, c, c, c, c});
    for (int i = 0; i < kRepeats; ++i) file->write(frame.view());
  }
  file->finish();
}

// The inverse of ITU-R BT.709-6, 3.2 to 3.5, from limited-range codes at 8 bits, written out here
// because swscale's own way back adds up to 3 levels.
std::array<double, 3> to_rgb(double luma, double cb, double cr) {
  const double y = (luma - 16) / 219;
  const double blue = y + 1.8556 * (cb - 128) / 224, red = y + 1.5748 * (cr - 128) / 224;
  return {red, (y - 0.2126 * red - 0.0722 * blue) / 0.7152, blue};
}

int level(double value) { return static_cast<int>(std::lround(255 * std::clamp(value, 0.0, 1.0))); }

// The largest difference, in 8-bit levels, between what was written and what the file holds. YUV
// is read with `depth` bits and full-size chroma, copied from the halved planes.
int yuv_error(const std::filesystem::path& path, int depth, const char* subsampling) {
  const std::string format = std::string("yuv") + subsampling + (depth == 8 ? "p" : "p10le");
  const std::string data = test::decode(path, format);
  const std::size_t bytes = depth == 8 ? 1 : 2;
  const std::size_t pixels = std::size_t{kWidth} * kHeight;
  const std::size_t chroma = std::string(subsampling) == "420" ? pixels / 4 : pixels / 2;
  const std::size_t frame_size = (pixels + 2 * chroma) * bytes;
  EXPECT_EQ(data.size(), kColors.size() * kRepeats * frame_size);
  if (data.size() != kColors.size() * kRepeats * frame_size) return 255;
  const auto code = [&](std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(data[i]); };
    return depth == 8 ? byte(at) : (byte(at * 2) + 256 * byte(at * 2 + 1)) / 4.0;
  };
  int error = 0;
  for (std::size_t frame = 0; frame < kColors.size() * kRepeats; ++frame) {
    const std::size_t start = frame * frame_size / bytes;
    for (std::size_t i = 0; i < pixels; ++i) {
      const std::size_t x = i % kWidth / 2, y = i / kWidth * kWidth / 2;
      const std::size_t at = chroma == pixels / 4 ? i / kWidth / 2 * (kWidth / 2) + x : y + x;
      const auto rgb =
          to_rgb(code(start + i), code(start + pixels + at), code(start + pixels + chroma + at));
      for (std::size_t c = 0; c < 3; ++c) {
        error = std::max(error, std::abs(level(rgb[c]) - kColors[frame / kRepeats][c]));
      }
    }
  }
  return error;
}

struct ColorCase {
  const char* name;
  const char* codec;
  int depth, allowed;
  const char* subsampling = "420";
};
void PrintTo(const ColorCase& c, std::ostream* out) { *out << c.name << " " << c.codec; }

class FlatColors : public testing::TestWithParam<ColorCase> {};

TEST_P(FlatColors, ComeBackAsTheyWereWritten) {
  const ColorCase c = GetParam();
  const test::TemporaryFolder folder;
  VideoFileOptions options;
  options.path = folder.path() / c.name;
  options.codec = c.codec;
  options.bit_depth = c.depth;
  write_colors(options);
  const int error = yuv_error(options.path, c.depth, c.subsampling);
  RecordProperty("max_error", error);
  EXPECT_LE(error, c.allowed);
}

INSTANTIATE_TEST_SUITE_P(
    EveryCodec, FlatColors,
    testing::Values(ColorCase{"a.mp4", "h264", 8, 1}, ColorCase{"a.mp4", "h264", 10, 0},
                    ColorCase{"a.mp4", "hevc", 8, 1}, ColorCase{"a.mov", "hevc", 10, 0},
                    ColorCase{"a.mp4", "av1", 10, 1}, ColorCase{"a.mp4", "av1", 8, 1},
                    ColorCase{"a.webm", "vp9", 8, 1}, ColorCase{"a.mkv", "vp9", 10, 0},
                    ColorCase{"a.mov", "prores", 10, 0, "422"}));

struct TagCase {
  const char* name;
  const char* codec;
  const char* tags;
};

TEST(ColorTags, SayBt709AndTheRangeInTheFile) {
  const test::TemporaryFolder folder;
  const TagCase cases[] = {
      {"a.mp4", "h264", "tv,bt709,bt709,bt709"}, {"a.mov", "prores", "tv,bt709,bt709,bt709"},
      {"a.mp4", "hevc", "tv,bt709,bt709,bt709"}, {"b.mp4", "av1", "tv,bt709,bt709,bt709"},
      {"a.webm", "vp9", "tv,bt709,bt709,bt709"}, {"a.mkv", "ffv1", "pc,gbr,bt709,bt709"}};
  for (const TagCase& c : cases) {
    VideoFileOptions options;
    options.path = folder.path() / c.name;
    options.codec = c.codec;
    options.overwrite = true;
    test::write_clip(options, {64, 64, {24, 1}}, 3);
    EXPECT_EQ(
        test::probe(options.path, "stream=color_range,color_space,color_transfer,color_primaries"),
        c.tags)
        << c.codec;
  }
}

TEST(Hevc, IsTaggedTheWayQuickTimePlays) {
  const test::TemporaryFolder folder;
  VideoFileOptions options;
  options.path = folder.path() / "a.mp4";
  options.codec = "hevc";
  test::write_clip(options, {64, 64, {24, 1}}, 3);
  EXPECT_EQ(test::probe(options.path, "stream=codec_tag_string,pix_fmt"), "hvc1,yuv420p10le");
}

TEST(Ffv1, ReturnsEveryPixelAtBothDepths) {
  for (const int depth : {8, 10}) {
    const test::TemporaryFolder folder;
    VideoFileOptions options;
    options.path = folder.path() / "a.mkv";
    options.codec = "ffv1";
    options.bit_depth = depth;
    test::write_clip(options, {63, 47, {24, 1}}, 3);
    constexpr std::size_t kPixels = std::size_t{63} * 47;
    // Planes in G, B, R order at 10 bits, B, G, R, 0 packed at 8.
    const std::string data = test::decode(options.path, depth == 8 ? "bgr0" : "gbrp10le");
    ASSERT_EQ(data.size(), 3 * kPixels * (depth == 8 ? 4 : 6));
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(data[i]); };
    std::vector<float> values;
    for (std::size_t i = 0; i < 3 * kPixels; ++i) {
      const std::size_t frame = i / kPixels, pixel = i % kPixels;
      if (pixel == 0) values = test::moving_frame(63, 47, static_cast<int>(frame)).values;
      for (std::size_t plane = 0; plane < 3; ++plane) {
        const std::size_t stored = (plane + 2) % 3;  // where R, G, B lie among G, B, R
        const std::size_t wide = 2 * ((frame * 3 + stored) * kPixels + pixel);
        const int found = depth == 8 ? byte(4 * i + 2 - plane) : byte(wide) + 256 * byte(wide + 1);
        const float expected = values[plane * kPixels + pixel] * (depth == 8 ? 255.0F : 1023.0F);
        ASSERT_EQ(found, std::lround(expected)) << depth << " bits, frame " << frame;
      }
    }
  }
}

}  // namespace
}  // namespace zoetrope
