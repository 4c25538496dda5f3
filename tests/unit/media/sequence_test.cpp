#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/temporary_folder.h"
#include "unit/media/clips.h"

namespace zoetrope {
namespace {

TEST(FrameSequence, WritesEveryFrameExactly) {
  const test::TemporaryFolder folder;
  VideoFileOptions options;
  options.path = folder.path() / "f%03d.png";
  test::write_clip(options, {63, 47, {16, 1}}, 3);
  EXPECT_EQ(test::names_in(folder.path()),
            (std::vector<std::string>{"f%03d.png.json", "f001.png", "f002.png", "f003.png"}));
  for (int i = 0; i < 3; ++i) {
    const std::string shown =
        test::decode(folder.path() / ("f00" + std::to_string(i + 1) + ".png"), "rgb24");
    const auto frame = test::moving_frame(63, 47, i);
    ASSERT_EQ(shown.size(), frame.values.size());
    for (std::size_t p = 0; p < shown.size(); ++p) {
      const float value = frame.values[p % 3 * 63 * 47 + p / 3];
      ASSERT_EQ(static_cast<unsigned char>(shown[p]), std::lround(value * 255)) << p;
    }
  }
}

TEST(FrameSequence, KeepsFramesThatAreThereAndLeavesNothing) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "00002.png") << "mine";
  VideoFileOptions options;
  options.path = folder.path() / "%05d.png";
  options.frames = 3;
  EXPECT_ERROR(open_video_file(options, {64, 48, {16, 1}}), ErrorCode::kUsage,
               "00002.png: it exists");
  options.frames = 0;  // not known before: found when the frames get their names
  const auto file = open_video_file(options, {64, 48, {16, 1}});
  for (int i = 0; i < 3; ++i) file->write(test::moving_frame(64, 48, i).view());
  EXPECT_ERROR(file->finish(), ErrorCode::kUsage, "00002.png: it appeared");
  EXPECT_EQ(test::names_in(folder.path()), std::vector<std::string>{"00002.png"});
  EXPECT_EQ(test::bytes_of(folder.path() / "00002.png"), "mine");
}

}  // namespace
}  // namespace zoetrope
