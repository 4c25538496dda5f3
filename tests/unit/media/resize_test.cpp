#include "media/resize.h"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "core/files.h"
#include "core/json.h"
#include "support/stills.h"

namespace zoetrope {
namespace {

// The picture of the goldens: img[y, x, c] = (3x^2 + 5y^2 + 7xy + 40c) mod 256.
Picture golden_picture(int width, int height) {
  Picture picture{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        picture.rgb.push_back(
            static_cast<std::uint8_t>(3 * x * x + 5 * y * y + 7 * x * y + 40 * c));
      }
    }
  }
  return picture;
}

// What Pillow made of the golden picture: its first and last eight bytes, and the sum of all.
void expect_pillow(const Picture& picture, const std::string& key) {
  const Json file =
      Json::parse(read_text_file(ZOETROPE_SOURCE_DIR "/tests/support/wan-goldens.json", 1'000'000),
                  "wan-goldens.json");
  const Json* golden =
      file.find("pillow_resize img[y,x,c]=(3x^2+5y^2+7xy+40c)%256 HWC uint8")->find(key);
  ASSERT_NE(golden, nullptr) << key;
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(picture.rgb[i], golden->find("first8")->as_array("")[i].as_integer("")) << key;
    EXPECT_EQ(picture.rgb[picture.rgb.size() - 8 + i],
              golden->find("last8")->as_array("")[i].as_integer(""))
        << key;
  }
  EXPECT_EQ(std::accumulate(picture.rgb.begin(), picture.rgb.end(), std::int64_t{0}),
            golden->find("sum")->as_integer(""))
      << key;
}

TEST(Resize, IsPillowsToTheBit) {
  struct Case {
    int from_height, from_width, height, width;
  };
  for (const auto& [from_height, from_width, height, width] :
       {Case{50, 70, 32, 48}, {20, 30, 64, 96}, {37, 53, 224, 321}, {33, 41, 33, 20}}) {
    const Picture picture = golden_picture(from_width, from_height);
    const std::string sizes = std::to_string(from_height) + "x" + std::to_string(from_width) +
                              "_to_" + std::to_string(height) + "x" + std::to_string(width);
    expect_pillow(resize(picture, width, height, ResizeFilter::kLanczos), "pil_lanczos_" + sizes);
    expect_pillow(resize(picture, width, height, ResizeFilter::kBicubic), "pil_bicubic_" + sizes);
  }
}

TEST(Resize, LeavesAFlatPictureFlat) {
  Picture flat{31, 17, std::vector<std::uint8_t>(31 * 17 * 3, 200)};
  for (const auto& [width, height] : {std::pair{7, 40}, {100, 3}, {1, 1}, {64, 64}}) {
    for (const ResizeFilter filter : {ResizeFilter::kBicubic, ResizeFilter::kLanczos}) {
      const Picture picture = resize(flat, width, height, filter);
      EXPECT_EQ(picture.width, width);
      EXPECT_EQ(picture.height, height);
      EXPECT_EQ(picture.rgb, std::vector<std::uint8_t>(picture.rgb.size(), 200));
      EXPECT_EQ(picture.rgb.size(), static_cast<std::size_t>(width * height * 3));
    }
  }
}

TEST(Resize, ToItsOwnSizeChangesNothing) {
  const Picture picture = test::sample_picture(19, 23);
  EXPECT_EQ(resize(picture, 19, 23, ResizeFilter::kLanczos).rgb, picture.rgb);
}

TEST(Crop, TakesThePartThatBeginsThere) {
  const Picture picture = golden_picture(9, 8);
  const Picture part = crop(picture, 2, 3, 4, 5);
  ASSERT_EQ(part.rgb.size(), 4u * 5 * 3);
  for (int y = 0; y < 5; ++y) {
    for (int i = 0; i < 12; ++i) {
      EXPECT_EQ(part.rgb[static_cast<std::size_t>(y * 12 + i)],
                picture.rgb[static_cast<std::size_t>(((y + 3) * 9 + 2) * 3 + i)]);
    }
  }
}

// Left half red, right half blue.
Picture halves(int width, int height) {
  Picture picture{width, height, {}};
  for (int i = 0; i < width * height; ++i) {
    const bool left = i % width < width / 2;
    picture.rgb.insert(picture.rgb.end(),
                       {std::uint8_t(left ? 255 : 0), 0, std::uint8_t(left ? 0 : 255)});
  }
  return picture;
}

TEST(FitTo, CropKeepsTheMiddle) {
  const Picture picture = fit_to(halves(400, 100), 100, 100, Fit::kCrop);
  EXPECT_EQ(picture.width, 100);
  EXPECT_EQ(picture.height, 100);
  for (const int x : {0, 40, 59, 99}) {
    const std::uint8_t* pixel = &picture.rgb[static_cast<std::size_t>((50 * 100 + x) * 3)];
    EXPECT_EQ(pixel[0], x < 50 ? 255 : 0) << x;
    EXPECT_EQ(pixel[2], x < 50 ? 0 : 255) << x;
  }
}

TEST(FitTo, PadPutsBlackAroundTheWholeStill) {
  const Picture picture = fit_to(halves(400, 100), 100, 101, Fit::kPad);
  for (const int y : {0, 37, 38, 62, 63, 100}) {
    const std::uint8_t* pixel = &picture.rgb[static_cast<std::size_t>(y * 100 * 3)];
    EXPECT_EQ(pixel[0], y >= 38 && y < 63 ? 255 : 0) << y;  // (101 - 25) / 2 = 38
  }
  EXPECT_EQ(picture.rgb.size(), 100u * 101 * 3);
}

TEST(FitTo, StretchIsTheWholeStillByLanczos) {
  const Picture picture = golden_picture(53, 37);
  EXPECT_EQ(fit_to(picture, 64, 64, Fit::kStretch).rgb,
            resize(picture, 64, 64, ResizeFilter::kLanczos).rgb);
}

TEST(FitTo, SurvivesEveryAspect) {
  const Picture line{3000, 1, std::vector<std::uint8_t>(9000, 77)};
  const Picture column{1, 3000, std::vector<std::uint8_t>(9000, 77)};
  for (const Fit fit : {Fit::kStretch, Fit::kCrop, Fit::kPad}) {
    for (const Picture& picture : {line, column}) {
      const Picture fitted = fit_to(picture, 64, 48, fit);
      EXPECT_EQ(fitted.rgb.size(), 64u * 48 * 3);
      EXPECT_EQ(*std::max_element(fitted.rgb.begin(), fitted.rgb.end()), 77);
    }
  }
}

}  // namespace
}  // namespace zoetrope
