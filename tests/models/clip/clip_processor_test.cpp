// Expected numbers are those of transformers 5.23 (CLIPImageProcessorPil) with Pillow 13.

#include "models/clip/clip_processor.h"

#include <fstream>

#include <gtest/gtest.h>

#include "checkpoint/model_index.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

namespace zoetrope::test {
namespace {

// Level c of the pixel in row y, column x: (3x^2 + 5y^2 + 7xy + 40c) mod 256.
Picture test_picture(int width, int height) {
  Picture picture{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        picture.rgb.push_back(
            static_cast<std::uint8_t>((3 * x * x + 5 * y * y + 7 * x * y + 40 * c) % 256));
      }
    }
  }
  return picture;
}

ClipProcessor read(const std::string& json) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "preprocessor_config.json") << json;
  return read_clip_processor(ConfigFile(folder.path() / "preprocessor_config.json"));
}

TEST(ClipProcessor, MakesWhatTheReferenceMakesOfEveryAspect) {
  struct Case {
    int width, height;
    std::array<double, 5> values;
    double mean;
  };
  const Case cases[] = {{320,
                         180,
                         {0.032540757209062576, 0.9943245053291321, -0.8545368909835815,
                          -1.1353334188461304, -0.14353354275226593},
                         0.18873077410150121},
                        {97,
                         211,
                         {-0.536797821521759, -0.5964989066123962, 0.3257285952568054,
                          -0.36161673069000244, -1.0678379535675049},
                         0.1920529174360906},
                        {50,
                         40,
                         {-0.9309554100036621, 1.894790530204773, 0.6954504251480103,
                          -0.04045137017965317, 1.0082918405532837},
                         0.19464991368917808}};
  for (const Case& expected : cases) {
    const Tensor pixels = read("{}")(test_picture(expected.width, expected.height));
    ASSERT_EQ(pixels.sizes(), at::IntArrayRef({1, 3, 224, 224}));
    const std::array<std::int64_t, 3> places[] = {
        {0, 0, 0}, {1, 0, 223}, {2, 223, 0}, {0, 111, 112}, {2, 223, 223}};
    for (std::size_t i = 0; i < 5; ++i) {
      const auto [c, y, x] = places[i];
      EXPECT_EQ(pixels[0][c][y][x].item<double>(), expected.values[i]) << expected.width << i;
    }
    EXPECT_NEAR(pixels.to(at::kDouble).mean().item<double>(), expected.mean, 1e-9);
  }
}

TEST(ClipProcessor, ResizesToBothSidesWhereTheConfigGivesThem) {
  const ClipProcessor processor =
      read(R"({"size": {"height": 6, "width": 8}, "crop_size": {"height": 4, "width": 5},
               "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.5, 1.5]})");
  const Tensor pixels = processor(test_picture(20, 30));
  ASSERT_EQ(pixels.sizes(), at::IntArrayRef({1, 3, 4, 5}));
  const double first[] = {-0.16666666, 0.00980407, -0.10784313, -0.08823529, 0.14705896};
  const double last[] = {0.124183, 0.11633986, 0.11895424, 0.18954249, 0.09542483};
  for (std::int64_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(pixels.flatten()[i].item<double>(), first[i], 1e-7);
    EXPECT_NEAR(pixels.flatten()[55 + i].item<double>(), last[i], 1e-7);
  }
}

TEST(ClipProcessor, ReadsSizesThatAreNumbers) {
  const ClipProcessor processor = read(R"({"size": 63, "crop_size": 56})");
  EXPECT_EQ(processor.shortest_edge, 63);
  EXPECT_EQ(processor.crop_width, 56);
  EXPECT_EQ(processor.crop_height, 56);
}

TEST(ClipProcessor, LeavesOutTheStepsThatTheConfigTurnsOff) {
  const ClipProcessor processor = read(R"({"size": {"height": 1, "width": 2}, "crop_size": 1,
      "do_center_crop": false, "do_rescale": false, "do_normalize": false})");
  const Tensor pixels = processor({2, 1, {1, 2, 3, 4, 5, 6}});
  EXPECT_TRUE(at::equal(pixels.flatten(), at::tensor({1.F, 4.F, 2.F, 5.F, 3.F, 6.F})));
}

TEST(ClipProcessor, RefusesAStillThatIsAlmostALine) {
  EXPECT_ERROR(read("{}")(test_picture(1, 400)), ErrorCode::kUsage,
               "see still: it is 1 x 400 pixels (expected sides that differ by less than a factor "
               "of 292)");
}

TEST(ClipProcessor, RefusesWhatItDoesNotSupport) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"do_resize": false})", "'do_resize' is false"},
      {R"({"do_center_crop": false})", "'do_center_crop' is false and 'size' keeps the still's"},
      {R"({"resample": 2})", "'resample' is not supported by this version (expected 3, bicubic)"},
      {R"({"size": {"shortest_edge": 224, "longest_edge": 448}})", "'size' is not supported"},
      {R"({"size": {}})", "'size' is not supported"},
      {R"({"size": 200})", "'crop_size' is larger than 'size'"}};
  for (const auto& [json, message] : cases) {
    EXPECT_ERROR(read(json), ErrorCode::kUsage, message) << json;
  }
}

TEST(ClipProcessor, RefusesValuesThatCannotBe) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"size": 0})", "'size' has a side of 0 (expected 1 to 4096)"},
      {R"({"size": "large"})", "'size'"},
      {R"({"crop_size": {"height": 5000, "width": 1}})", "'crop_size' has a side of 5000"},
      {R"({"crop_size": {"height": 5}})", "'crop_size' has no height and width"},
      {R"({"image_mean": [0.5]})", "'image_mean' is not three numbers"},
      {R"({"image_std": [1, 0, 1]})", "'image_std' not positive"}};
  for (const auto& [json, message] : cases) {
    EXPECT_ERROR(read(json), ErrorCode::kCorrupt, message) << json;
  }
}

}  // namespace
}  // namespace zoetrope::test
