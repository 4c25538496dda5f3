#include "zoetrope/video_file.h"

#include <atomic>
#include <fstream>

#include <gtest/gtest.h>

#include "core/json.h"
#include "core/sha256.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"
#include "unit/media/clips.h"

namespace zoetrope {
namespace {

struct RateCase {
  Rational rate;
  int frames;
  const char* duration;  // frames / rate in seconds, as ffprobe prints it
};

TEST(VideoFile, KeepsFrameCountAndDurationExactAtEveryRate) {
  const test::TemporaryFolder folder;
  const RateCase cases[] = {{{16, 1}, 33, "2.062500"},       {{24, 1}, 25, "1.041667"},
                            {{24000, 1001}, 24, "1.001000"}, {{30, 1}, 31, "1.033333"},
                            {{30000, 1001}, 30, "1.001000"}, {{60, 1}, 61, "1.016667"}};
  for (const char* name : {"a.mp4", "a.mov"}) {
    for (const RateCase& c : cases) {
      VideoFileOptions options;
      options.path = folder.path() / name;
      options.overwrite = true;
      test::write_clip(options, {64, 48, c.rate}, c.frames);
      const std::string rate = std::to_string(c.rate.num) + "/" + std::to_string(c.rate.den);
      EXPECT_EQ(
          test::probe(options.path, "stream=r_frame_rate,avg_frame_rate,duration,nb_read_frames"),
          rate + "," + rate + "," + c.duration + "," + std::to_string(c.frames));
      EXPECT_EQ(test::probe(options.path, "format=duration"), c.duration) << name << " " << rate;
    }
  }
}

TEST(VideoFile, HoldsEveryFrameInEveryContainer) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.mp4", "b.mov", "c.mkv", "d.webm", "e.gif"}) {
    VideoFileOptions options;
    options.path = folder.path() / name;
    test::write_clip(options, {96, 64, {16, 1}}, 20);
    EXPECT_EQ(test::probe(options.path, "stream=width,height,nb_read_frames"), "96,64,20") << name;
  }
}

TEST(VideoFile, TakesOneFrame) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.mp4", "c.mkv", "d.webm", "e.gif"}) {
    VideoFileOptions options;
    options.path = folder.path() / name;
    test::write_clip(options, {64, 48, {16, 1}}, 1);
    EXPECT_EQ(test::probe(options.path, "stream=nb_read_frames"), "1") << name;
  }
}

TEST(VideoFile, GivesTheSameBytesForTheSameFrames) {
  const test::TemporaryFolder folder;
  const std::pair<const char*, const char*> cases[] = {
      {".mp4", "h264"}, {".mov", "hevc"},   {".mp4", "av1"}, {".webm", "vp9"},
      {".mkv", "ffv1"}, {".mov", "prores"}, {".gif", "gif"}, {".mkv", "h264"}};
  for (const auto& [extension, codec] : cases) {
    std::string bytes[2];
    for (int i = 0; i < 2; ++i) {
      VideoFileOptions options;
      options.path = folder.path() / (codec + std::to_string(i) + extension);
      options.codec = codec;
      options.overwrite = true;
      test::write_clip(options, {96, 64, {24, 1}}, 30);
      bytes[i] = test::bytes_of(options.path);
    }
    EXPECT_GT(bytes[0].size(), 1000U);
    EXPECT_TRUE(bytes[0] == bytes[1]) << codec << extension;
  }
}

TEST(VideoFile, CarriesTheRecipeAsTags) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.mp4", "b.mov", "c.mkv", "d.webm"}) {
    VideoFileOptions options;
    options.path = folder.path() / name;
    test::write_clip(options, {64, 48, {16, 1}}, 3);
    EXPECT_EQ(inspect_video_file(options.path).recipe_json, test::test_recipe().json) << name;
    const std::string tags =
        test::run("ffprobe -v error -show_format '" + options.path.string() + "'").text;
    for (const char* tag :
         {"prompt=a heron in fog ✨ \"slowly\"\n", "seed=42\n", "software=Zoetrope "}) {
      const bool upper = options.path.extension() == ".mkv" || options.path.extension() == ".webm";
      std::string wanted = std::string("TAG:") + tag;
      if (upper) {
        for (char& letter : wanted) {
          if (letter == '=') break;
          letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
        }
      }
      EXPECT_NE(tags.find(wanted), std::string::npos) << name << " " << wanted << "\n" << tags;
    }
  }
}

TEST(VideoFile, PutsTheIndexOfAnMp4First) {
  const test::TemporaryFolder folder;
  VideoFileOptions options;
  options.path = folder.path() / "a.mp4";
  test::write_clip(options, {64, 48, {16, 1}}, 20);
  const std::string bytes = test::bytes_of(options.path);
  EXPECT_LT(bytes.find("moov"), bytes.find("mdat"));
  EXPECT_EQ(bytes.find("moof"), std::string::npos);
}

TEST(VideoFile, DescribesItselfInASidecar) {
  const test::TemporaryFolder folder;
  VideoFileOptions options;
  options.path = folder.path() / "a.mp4";
  test::write_clip(options, {64, 48, {16, 1}}, 5);
  const std::string text = test::bytes_of(folder.path() / "a.mp4.json");
  const Json sidecar = Json::parse(text, "sidecar");
  EXPECT_EQ(sidecar.find("recipe")->dump(), test::test_recipe().json);
  const Json& file = *sidecar.find("file");
  EXPECT_EQ(file.find("name")->as_string("name"), "a.mp4");
  EXPECT_EQ(file.find("frames")->as_integer("frames"), 5);
  EXPECT_EQ(file.find("encoder")->as_string("encoder"), "libx264");
  EXPECT_EQ(file.find("sha256")->as_string("sha256"), sha256_of_file(options.path));
  EXPECT_EQ(file.find("bytes")->as_integer("bytes"),
            static_cast<std::int64_t>(std::filesystem::file_size(options.path)));
  EXPECT_EQ(test::names_in(folder.path()), (std::vector<std::string>{"a.mp4", "a.mp4.json"}));
}

TEST(VideoFile, LeavesNoTraceOfTheRecipeWithoutMetadata) {
  const test::TemporaryFolder folder;
  const std::pair<const char*, const char*> cases[] = {
      {"a.mp4", "h264"}, {"b.mov", "hevc"}, {"c.mp4", "av1"},    {"d.webm", "vp9"},
      {"e.mkv", "ffv1"}, {"f.gif", "gif"},  {"g.mov", "prores"}, {"h.mkv", "h264"}};
  for (const auto& [name, codec] : cases) {
    VideoFileOptions options;
    options.path = folder.path() / name;
    options.codec = codec;
    options.metadata = false;
    test::write_clip(options, {64, 64, {16, 1}}, 20);
    const std::string bytes = test::bytes_of(options.path);
    for (const char* word : {"heron", "slowly", "prompt", "seed", "Zoetrope", "zoetrope", "x264",
                             "x265", "Lavc", "lib", "SVT", "parameters"}) {
      EXPECT_EQ(bytes.find(word), std::string::npos) << name << " holds " << word;
    }
    EXPECT_EQ(test::probe(options.path, "stream=nb_read_frames"), "20") << name;
    EXPECT_EQ(inspect_video_file(options.path).recipe_json, "");
  }
  EXPECT_EQ(test::names_in(folder.path()).size(), std::size(cases));
}

TEST(VideoFile, ReportsFramesAsTheyAreEncoded) {
  const test::TemporaryFolder folder;
  VideoFileOptions options;
  options.path = folder.path() / "a.mp4";
  const auto file = open_video_file(options, {64, 48, {16, 1}});
  std::atomic<std::int64_t> last = 0;
  file->on_encoded([&](std::int64_t frames) {
    EXPECT_GE(frames, last);
    last = frames;
  });
  for (int i = 0; i < 40; ++i) file->write(test::moving_frame(64, 48, i).view());
  file->finish();
  EXPECT_EQ(last, 40);
}

TEST(VideoFile, IsGoneWhenAbandoned) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.mp4", "c.mkv", "e.gif", "%05d.png"}) {
    VideoFileOptions options;
    options.path = folder.path() / name;
    const auto file = open_video_file(options, {64, 48, {16, 1}});
    for (int i = 0; i < 20; ++i) file->write(test::moving_frame(64, 48, i).view());
  }
  EXPECT_TRUE(test::names_in(folder.path()).empty());
}

TEST(VideoFile, ReplacesOnlyWhatItMay) {
  const test::TemporaryFolder folder;
  VideoFileOptions options;
  options.path = folder.path() / "a.mp4";
  test::write_clip(options, {64, 48, {16, 1}}, 2);
  EXPECT_ERROR(open_video_file(options, {64, 48, {16, 1}}), ErrorCode::kUsage, "it exists");
  options.overwrite = true;
  options.metadata = false;
  test::write_clip(options, {64, 48, {16, 1}}, 3);
  EXPECT_EQ(test::probe(options.path, "stream=nb_read_frames"), "3");
  // The old sidecar spoke of the old clip.
  EXPECT_EQ(test::names_in(folder.path()), std::vector<std::string>{"a.mp4"});
}

TEST(VideoFile, KeepsAFileThatAppearedMeanwhile) {
  const test::TemporaryFolder folder;
  VideoFileOptions options;
  options.path = folder.path() / "a.mp4";
  const auto file = open_video_file(options, {64, 48, {16, 1}});
  file->write(test::moving_frame(64, 48, 0).view());
  std::ofstream(options.path) << "somebody else's";
  EXPECT_ERROR(file->finish(), ErrorCode::kUsage, "a.mp4: it appeared");
  EXPECT_EQ(test::bytes_of(options.path), "somebody else's");
  EXPECT_EQ(test::names_in(folder.path()), std::vector<std::string>{"a.mp4"});
}

TEST(VideoFile, TakesAnyNameForAFile) {
  const test::TemporaryFolder folder;
  for (const char* name : {"100%03d.mp4", "http:x.mp4", "-y.mkv", "a b'c\".mov"}) {
    VideoFileOptions options;
    options.path = folder.path() / name;
    test::write_clip(options, {64, 48, {16, 1}}, 2);
    EXPECT_EQ(inspect_video_file(options.path).frames, 2) << name;
  }
}

}  // namespace
}  // namespace zoetrope
