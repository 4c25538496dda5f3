#include <gtest/gtest.h>
#include <unistd.h>

#include "support/expect_error.h"
#include "support/temporary_folder.h"
#include "unit/media/clips.h"

namespace zoetrope {
namespace {

class Refusal : public testing::Test {
 protected:
  VideoFileOptions options(const std::string& name, const std::string& codec = "") const {
    VideoFileOptions result;
    result.path = folder_.path() / name;
    result.codec = codec;
    return result;
  }
  // Whatever was refused, nothing was created.
  void TearDown() override { EXPECT_TRUE(test::names_in(folder_.path()).empty()); }

  const VideoFormat format_ = {64, 48, {24, 1}};
  const test::TemporaryFolder folder_;
};

TEST_F(Refusal, NamesTheKnownExtensions) {
  EXPECT_ERROR(open_video_file(options("a.avi"), format_), ErrorCode::kUsage,
               "unknown extension '.avi' (known: .mp4 .mov .mkv .webm .gif .png)");
  EXPECT_ERROR(open_video_file(options("a"), format_), ErrorCode::kUsage, "unknown extension ''");
}

TEST_F(Refusal, NamesTheCodecsOfTheContainer) {
  EXPECT_ERROR(open_video_file(options("a.webm", "h264"), format_), ErrorCode::kUsage,
               "codec 'h264' can't be stored in .webm (it takes av1, vp9)");
  EXPECT_ERROR(open_video_file(options("a.mp4", "divx"), format_), ErrorCode::kUsage,
               "codec 'divx'");
}

TEST_F(Refusal, NamesTheNearestSizeForHalvedColour) {
  EXPECT_ERROR(open_video_file(options("a.mp4"), {65, 49, {24, 1}}), ErrorCode::kUsage,
               "65x49 can't be stored with halved colour planes (nearest size that can: 64x48)");
  EXPECT_ERROR(open_video_file(options("a.mp4"), {0, 48, {24, 1}}), ErrorCode::kUsage, "0x48");
  EXPECT_ERROR(open_video_file(options("a.mp4"), {70000, 48, {24, 1}}), ErrorCode::kUsage,
               "70000x48");
}

TEST_F(Refusal, ChecksQualityAndDepth) {
  VideoFileOptions high = options("a.mp4");
  high.crf = 52;
  EXPECT_ERROR(open_video_file(high, format_), ErrorCode::kUsage, "crf 52 for h264 (0 to 51)");
  VideoFileOptions lossless = options("a.mkv", "ffv1");
  lossless.crf = 10;
  EXPECT_ERROR(open_video_file(lossless, format_), ErrorCode::kUsage, "it has no such setting");
  VideoFileOptions deep = options("a.mp4");
  deep.bit_depth = 12;
  EXPECT_ERROR(open_video_file(deep, format_), ErrorCode::kUsage,
               "bit depth 12 for h264 (it has 8 or 10)");
  VideoFileOptions gif = options("a.gif");
  gif.bit_depth = 10;
  EXPECT_ERROR(open_video_file(gif, format_), ErrorCode::kUsage, "(it has 8)");
}

TEST_F(Refusal, ChecksTheRate) {
  EXPECT_ERROR(open_video_file(options("a.mp4"), {64, 48, {0, 1}}), ErrorCode::kUsage, "rate of 0");
  EXPECT_ERROR(open_video_file(options("a.gif"), {64, 48, {60, 1}}), ErrorCode::kUsage,
               "players slow GIF down above 50");
}

TEST_F(Refusal, NamesAFolderThatIsNotThere) {
  EXPECT_ERROR(open_video_file(options("none/a.mp4"), format_), ErrorCode::kResource,
               "there is no folder");
}

TEST_F(Refusal, SaysHowMuchSpaceALongClipMayNeed) {
  VideoFileOptions endless = options("a.mp4");
  endless.frames = 1'000'000'000'000;
  EXPECT_ERROR(open_video_file(endless, format_), ErrorCode::kResource, "MB are free in");
}

TEST_F(Refusal, WantsOneNumberInASequencesName) {
  for (const char* name : {"a.png", "%d.png", "%05d-%05d.png", "%s.png", "%05x.png", "%00d.png"}) {
    EXPECT_ERROR(open_video_file(options(name), format_), ErrorCode::kUsage, "needs one %0Nd");
  }
}

}  // namespace
}  // namespace zoetrope
