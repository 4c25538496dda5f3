#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/prompt_text.h"
#include "support/temporary_folder.h"

namespace zoetrope {
namespace {

using test::faults_of;
using test::jobs_of;
using test::source_of;
using testing::ElementsAre;
using testing::HasSubstr;

// The one fault of a line after a good one.
std::string fault_of(const std::string& line) {
  const auto faults = faults_of("{\"prompt\": \"first\"}\n" + line + "\n");
  EXPECT_EQ(faults.size(), 1u) << line;
  return faults.empty() ? "" : faults.front();
}

TEST(PromptFile, ReadsEveryKeyOfAJob) {
  const auto jobs = jobs_of(
      R"({"id": "kite", "prompt": "a kite", "negative_prompt": "rain", "width": 64, "height": 96,)"
      R"( "num_frames": 5, "fps": "24000/1001", "steps": 3, "guidance_scale": 2,)"
      R"( "guidance_scale_2": 1.5, "flow_shift": 4.5, "scheduler": "euler", "seed": 9,)"
      R"( "fit": "crop", "codec": "ffv1", "bit_depth": 10, "metadata": "none",)"
      R"( "output": "k.mkv"})");
  ASSERT_EQ(jobs.size(), 1u);
  const auto& [id, request, video, line] = jobs[0];
  EXPECT_EQ(id, "kite");
  EXPECT_EQ(line, 1);
  EXPECT_EQ(request.prompt, "a kite");
  EXPECT_EQ(request.negative_prompt, "rain");
  EXPECT_EQ(request.width, 64);
  EXPECT_EQ(request.height, 96);
  EXPECT_EQ(request.num_frames, 5);
  EXPECT_EQ(request.fps, (Rational{24000, 1001}));
  EXPECT_EQ(request.steps, 3);
  EXPECT_EQ(request.guidance_scale, 2);
  EXPECT_EQ(request.guidance_scale_2, 1.5);
  EXPECT_EQ(request.flow_shift, 4.5);
  EXPECT_EQ(request.scheduler, "euler");
  EXPECT_EQ(request.seed, 9);
  EXPECT_EQ(request.fit, "crop");
  EXPECT_EQ(video.codec, "ffv1");
  EXPECT_EQ(video.bit_depth, 10);
  EXPECT_FALSE(video.metadata);
  EXPECT_EQ(video.path, "out/k.mkv");
}

TEST(PromptFile, TakesHyphensAndTheNamesThatFlagsAnswerTo) {
  const auto jobs =
      jobs_of(R"({"prompt": "a", "negative-prompt": "n", "num-inference-steps": 3, "cfg_scale": 2,)"
              R"( "frames": 5, "size": "64x96", "frame_rate": 12.5})");
  const GenerationRequest& request = jobs.at(0).request;
  EXPECT_EQ(request.negative_prompt, "n");
  EXPECT_EQ(request.steps, 3);
  EXPECT_EQ(request.guidance_scale, 2);
  EXPECT_EQ(request.num_frames, 5);
  EXPECT_EQ(request.width, 64);
  EXPECT_EQ(request.height, 96);
  EXPECT_EQ(request.fps, (Rational{25, 2}));
}

TEST(PromptFile, AcceptsAByteOrderMarkCrLfEmptyLinesAndAnyBlockSize) {
  const std::string text = "\xEF\xBB\xBF{\"prompt\": \"кот 🐈\"}\r\n\r\n  \n{\"prompt\": \"b\"}";
  for (const std::size_t step : {1, 2, 3, 7, 4096}) {
    const auto jobs = read_prompts(source_of(text, step), "jobs", "", {}, {});
    ASSERT_EQ(jobs.size(), 2u);
    EXPECT_EQ(jobs[0].request.prompt, "кот 🐈");
    EXPECT_EQ(jobs[1].request.prompt, "b");
    EXPECT_EQ(jobs[1].line, 4);
  }
}

TEST(PromptFile, NamesLineKeyAndNearestKnownKey) {
  EXPECT_EQ(fault_of(R"({"prompt": "a", "stepps": 3})"),
            "jobs:2: 'stepps': unknown key (nearest known key: steps)");
  EXPECT_EQ(fault_of(R"({"prompt": "a", "sede": 3})"),
            "jobs:2: 'sede': unknown key (nearest known key: seed)");
  EXPECT_EQ(fault_of(R"({"prompt": "a", "colour": 3})"), "jobs:2: 'colour': unknown key");
}

TEST(PromptFile, ChecksValuesAsTheCommandLineDoes) {
  EXPECT_EQ(fault_of(R"({"prompt": "a", "steps": 0})"),
            "jobs:2: 'steps': '0' is out of range (expected 1 to 1000)");
  EXPECT_EQ(fault_of(R"({"prompt": "a", "scheduler": "ddim"})"),
            "jobs:2: 'scheduler': 'ddim' is unknown (expected unipc or euler)");
  EXPECT_EQ(fault_of(R"({"prompt": "a", "bit_depth": 9})"),
            "jobs:2: 'bit_depth': '9' is unknown (expected 8 or 10)");
  EXPECT_THAT(fault_of(R"({"prompt": "a", "fps": 0})"), HasSubstr("'fps': read the frame rate"));
  EXPECT_THAT(fault_of(R"({"prompt": "a", "size": "64"})"), HasSubstr("'64' is not a size"));
  EXPECT_THAT(fault_of(R"({"prompt": "a", "guidance_scale": 101})"), HasSubstr("out of range"));
  EXPECT_THAT(fault_of(R"({"prompt": "a\u0000b"})"), HasSubstr("'prompt': contains a NUL"));
}

TEST(PromptFile, WantsTheTypesOfJson) {
  EXPECT_EQ(fault_of(R"({"prompt": "a", "steps": "3"})"),
            "jobs:2: 'steps': a string (expected an integer)");
  EXPECT_EQ(fault_of(R"({"prompt": "a", "steps": 2.5})"),
            "jobs:2: 'steps': a number (expected an integer)");
  EXPECT_EQ(fault_of(R"({"prompt": 7})"), "jobs:2: 'prompt': an integer (expected a string)");
  EXPECT_EQ(fault_of(R"({"prompt": null})"), "jobs:2: 'prompt': null (expected a string)");
  EXPECT_THAT(fault_of(R"({"prompt": "a", "flow_shift": "5"})"), HasSubstr("expected a number"));
  EXPECT_THAT(fault_of(R"({"prompt": "a", "seed": [1.5]})"), HasSubstr("an array (expected an in"));
  EXPECT_THAT(fault_of(R"({"prompt": "a", "seed": {}})"), HasSubstr("an object (expected an int"));
  EXPECT_THAT(fault_of(R"(["a"])"), HasSubstr("an array (expected an object"));
}

TEST(PromptFile, RefusesKeysThatAreGivenTwiceOrSayTheSame) {
  EXPECT_THAT(fault_of(R"({"prompt": "a", "prompt": "b"})"), HasSubstr("'prompt' occurs twice"));
  EXPECT_EQ(fault_of(R"({"prompt": "a", "steps": 2, "num-inference-steps": 2})"),
            "jobs:2: 'num-inference-steps': given twice, also as 'steps'");
  EXPECT_THAT(fault_of(R"({"prompt": "a", "size": "64x64", "width": 64})"),
              HasSubstr("size and width are both given"));
  EXPECT_THAT(fault_of(R"({"prompt": "a", "duration": 1, "num_frames": 5})"),
              HasSubstr("duration and num_frames are both given"));
}

TEST(PromptFile, RefusesWhatIsNoJsonOrNoUtf8) {
  EXPECT_EQ(fault_of(R"({"prompt": "a")"), "jobs:2: not JSON at byte 15");
  EXPECT_THAT(fault_of("{\"prompt\": \"a\xff\"}"), HasSubstr("not UTF-8 at byte 13"));
  EXPECT_THAT(fault_of("{\"prompt\": \"\xC0\x80\"}"), HasSubstr("not UTF-8 at byte 12"));
  EXPECT_THAT(fault_of(R"({"prompt": "\ud800"})"), HasSubstr("not JSON"));
  EXPECT_THAT(fault_of(std::string("{\"prompt\": \"a\0b\"}", 18)), HasSubstr("NUL at byte 13"));
  EXPECT_THAT(fault_of("{\"prompt\": \"a\", \"id\": " + std::string(5000, '[')),
              HasSubstr("nested deeper"));
}

TEST(PromptFile, ListsAllFaultsAtOnceAndCountsThoseBeyondAHundred) {
  std::string text;
  for (int i = 0; i < 150; ++i) text += "{\"prompt\": \"p\", \"stepps\": 1, \"steps\": 0}\n";
  try {
    (void)jobs_of(text);
    FAIL() << "accepted";
  } catch (const PromptFileError& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_EQ(error.faults().size(), 101u);
    EXPECT_EQ(error.faults().back(), "and 200 more");
    EXPECT_EQ(error.summary(), "read jobs: 300 faults");
    EXPECT_THAT(error.what(), HasSubstr("read jobs: 300 faults: jobs:1: 'stepps'"));
    EXPECT_THAT(error.what(), HasSubstr("; jobs:50: 'steps': '0' is out of range"));
    EXPECT_THAT(error.what(), HasSubstr("; and 200 more"));
  }
}

TEST(PromptFile, BoundsALine) {
  const std::size_t frame = std::string("{\"prompt\": \"\"}").size();
  const auto line = [&](std::size_t bytes) {
    return "{\"prompt\": \"" + std::string(bytes - frame, 'x') + "\"}\r\n{\"prompt\": \"b\"}\n";
  };
  EXPECT_EQ(jobs_of("\xEF\xBB\xBF" + line(kMaxPromptLineBytes)).size(), 2u);
  for (const std::size_t extra : {1, 2, 5, 9, 100'000}) {
    EXPECT_THAT(faults_of("\xEF\xBB\xBF" + line(kMaxPromptLineBytes + extra)),
                ElementsAre("jobs:1: a line of more than 1048576 bytes"));
  }
}

TEST(PromptFile, BoundsTheFileTheJobsAndTheirTexts) {
  const auto endless = [](char* into, std::size_t most) {
    std::memset(into, 'x', most);
    return most;
  };
  EXPECT_ERROR(read_prompts(endless, "jobs", "", {}, {}), ErrorCode::kCorrupt,
               "read jobs: more than 1073741824 bytes");
  EXPECT_EQ(jobs_of(R"({"prompt": "a", "seed": "1..100000"})").size(), 100'000u);
  EXPECT_THAT(faults_of("{\"prompt\": \"a\", \"seed\": \"1..100000\"}\n{\"prompt\": \"b\"}\n{}"),
              ElementsAre("jobs:2: more than 100000 jobs in all; the rest was not read"));
  const std::string long_prompt(1 << 19, 'x');
  EXPECT_THAT(faults_of("{\"prompt\": \"" + long_prompt + "\", \"seed\": \"1..1000\"}"),
              ElementsAre(HasSubstr("the texts of all jobs take more than 268435456 bytes")));
}

TEST(PromptFile, GoesByTheExtension) {
  const test::TemporaryFolder folder;
  const auto write = [&](const char* name, const std::string& text) {
    std::ofstream(folder.path() / name) << text;
    return folder.path() / name;
  };
  EXPECT_EQ(read_prompt_file(write("a.JSONL", "{\"prompt\": \"a\"}"), {}, {}).size(), 1u);
  EXPECT_EQ(read_prompt_file(write("a.txt", "a\nb"), {}, {}).size(), 2u);
  EXPECT_EQ(read_prompt_file(write("a.csv", "prompt\na\nb"), {}, {}).size(), 2u);
  EXPECT_ERROR(read_prompt_file(write("a.json", "{}"), {}, {}), ErrorCode::kUsage, "'.json'");
  EXPECT_ERROR(read_prompt_file(folder.path() / "none.txt", {}, {}), ErrorCode::kCorrupt, "none");
  EXPECT_ERROR(read_prompt_file("/dev/zero", {}, {.format = PromptFormat::kText}),
               ErrorCode::kCorrupt, "/dev/zero");
  EXPECT_ERROR(read_prompt_file(write("empty.txt", "# nothing\n"), {}, {}), ErrorCode::kCorrupt,
               "no jobs in it");
}

TEST(PromptText, IsAPromptALineWithoutCommentsAndEmptyLines) {
  const auto jobs = jobs_of("# shots\n\n a cat \r\n\t# more\n\"b\", c # d\n", PromptFormat::kText);
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_EQ(jobs[0].request.prompt, "a cat");
  EXPECT_EQ(jobs[0].line, 3);
  EXPECT_EQ(jobs[1].request.prompt, "\"b\", c # d");
}

}  // namespace
}  // namespace zoetrope
