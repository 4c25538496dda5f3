#include <fstream>

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/temporary_folder.h"
#include "unit/media/clips.h"

namespace zoetrope {
namespace {

TEST(InspectVideoFile, TellsWhatAClipIs) {
  const test::TemporaryFolder folder;
  const std::pair<const char*, const char*> cases[] = {{"a.mp4", "mp4"},
                                                       {"b.mov", "mov"},
                                                       {"c.mkv", "matroska"},
                                                       {"d.webm", "webm"},
                                                       {"e.gif", "gif"}};
  for (const auto& [name, container] : cases) {
    VideoFileOptions options;
    options.path = folder.path() / name;
    test::write_clip(options, {96, 64, {20, 1}}, 10);
    const VideoFileInfo info = inspect_video_file(options.path);
    EXPECT_EQ(info.container, container);
    EXPECT_EQ(info.width, 96);
    EXPECT_EQ(info.height, 64);
    EXPECT_EQ(info.frames, 10);
    EXPECT_EQ(info.fps, (Rational{20, 1})) << name;
    EXPECT_NEAR(info.duration_s, 0.5, 0.0015) << name;
    EXPECT_EQ(info.recipe_json, test::test_recipe().json) << name;
  }
  EXPECT_EQ(inspect_video_file(folder.path() / "a.mp4").color, "bt709, limited range");
  EXPECT_EQ(inspect_video_file(folder.path() / "a.mp4").codec, "h264");
  EXPECT_EQ(inspect_video_file(folder.path() / "a.mp4").pixel_format, "yuv420p");
}

TEST(InspectVideoFile, RefusesWhatIsNoVideo) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a.mp4";
  for (const char* text : {"", "x", "#EXTM3U\nhttp://example.org/a.ts\n",
                           "ffconcat version 1.0\nfile /etc/passwd\n"}) {
    std::ofstream(path, std::ios::trunc) << text;
    EXPECT_ERROR(inspect_video_file(path), ErrorCode::kCorrupt, "unknown kind of file");
  }
  EXPECT_ERROR(inspect_video_file(folder.path()), ErrorCode::kCorrupt, "not a regular file");
  EXPECT_ERROR(inspect_video_file(folder.path() / "none.mp4"), ErrorCode::kCorrupt, "none.mp4");
}

TEST(InspectVideoFile, SurvivesEveryTruncation) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.mp4", "c.mkv", "e.gif"}) {
    VideoFileOptions options;
    options.path = folder.path() / name;
    test::write_clip(options, {64, 48, {16, 1}}, 4);
    const std::string whole = test::bytes_of(options.path);
    const auto cut = folder.path() / "cut";
    for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 64) {
      std::ofstream(cut, std::ios::binary | std::ios::trunc)
          .write(whole.data(), static_cast<std::streamsize>(size));
      try {
        EXPECT_LE(inspect_video_file(cut).frames, 4);
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << error.what();
      }
    }
  }
}

TEST(ListEncoders, KnowsWhereACodecGoes) {
  for (const EncoderInfo& info : list_encoders()) {
    if (info.codec != "hevc") continue;
    EXPECT_EQ(info.containers, ".mp4 .mov .mkv");
    EXPECT_TRUE(info.ten_bit);
    return;
  }
  FAIL() << "hevc is not listed";
}

}  // namespace
}  // namespace zoetrope
