#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/prompt_text.h"

namespace zoetrope {
namespace {

using test::faults_of;
using test::jobs_of;
using testing::ElementsAre;
using testing::HasSubstr;

std::string id_of(const std::string& line, const JobDefaults& defaults = {}) {
  return jobs_of(line, PromptFormat::kJsonl, defaults).at(0).id;
}

TEST(PromptJobs, AnIdIsMadeFromAllThatTheClipDependsOn) {
  // printf '{"prompt":"a","seed":7,"steps":3}' | sha256sum
  EXPECT_EQ(id_of(R"({"steps": 3, "seed": 7, "prompt": "a"})"), "34048a2aa2aa");
  const std::string plain = id_of(R"({"prompt": "a"})");
  EXPECT_EQ(test::jobs_of("x\na", PromptFormat::kText).at(1).id, plain);
  for (const char* other :
       {R"({"prompt": "b"})", R"({"prompt": "a", "seed": 1})", R"({"prompt": "a", "crf": 1})",
        R"({"prompt": "a", "output": "a.mp4"})"}) {
    EXPECT_NE(id_of(other), plain) << other;
  }
}

TEST(PromptJobs, DefaultsCountAsIfTheLineSaidThem) {
  JobDefaults defaults;
  defaults.request.steps = 3;
  defaults.request.negative_prompt = "rain";
  defaults.video.crf = 20;
  EXPECT_EQ(id_of(R"({"prompt": "a"})", defaults),
            id_of(R"({"prompt": "a", "steps": 3, "negative_prompt": "rain", "crf": 20})"));
  EXPECT_EQ(
      jobs_of(R"({"prompt": "a", "steps": 5})", PromptFormat::kJsonl, defaults).at(0).request.steps,
      5);
}

TEST(PromptJobs, ASeedThatNobodyGaveIsMadeFromTheId) {
  const auto jobs =
      jobs_of("{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}\n{\"prompt\": \"c\", \"seed\": -1}");
  std::set<std::int64_t> seeds;
  for (const BatchJob& job : jobs) seeds.insert(job.request.seed);
  EXPECT_EQ(seeds.size(), 3u);
  EXPECT_GE(*seeds.begin(), 0);
  EXPECT_EQ(jobs_of(R"({"prompt": "a"})").at(0).request.seed, jobs[0].request.seed);
  JobDefaults defaults;
  defaults.request.seed = 7;
  EXPECT_EQ(jobs_of(R"({"prompt": "a"})", PromptFormat::kJsonl, defaults).at(0).request.seed, 7);
}

TEST(PromptJobs, SeedsFanOut) {
  for (const char* seeds : {R"("seeds": [1, 2, 3])", R"("seed": "1..3")", R"("seeds": "1,2..3")"}) {
    const auto jobs = jobs_of(std::string(R"({"prompt": "a", "id": "k", )") + seeds + "}");
    ASSERT_EQ(jobs.size(), 3u) << seeds;
    EXPECT_EQ(jobs[0].id, "k-1");
    EXPECT_EQ(jobs[2].id, "k-3");
    EXPECT_EQ(jobs[2].request.seed, 3);
    EXPECT_EQ(jobs[2].video.path, "out/k-3.mp4");
  }
  const auto named = jobs_of("{\"prompt\": \"a\", \"output\": \"k.v2.mov\", \"seed\": \"1..2\"}");
  EXPECT_EQ(named.at(1).video.path, "out/k.v2-2.mov");
  const auto frames = jobs_of("{\"prompt\": \"a\", \"output\": \"k%05d.png\", \"seed\": \"1..2\"}");
  EXPECT_EQ(frames.at(1).video.path, "out/k-2-%05d.png");
}

TEST(PromptJobs, RefusesSeedsThatAreNone) {
  for (const auto& [seeds, part] : std::vector<std::pair<const char*, const char*>>{
           {R"("3..1")", "'1' is out of range (expected 3 to 9223372036854775807)"},
           {R"("1..100001")", "makes more than 100000 seeds"},
           {R"("0..9223372036854775807")", "makes more than 100000 seeds"},
           {R"("1..2..3")", "'2..3' is not a whole number"},
           {R"("a")", "'a' is not a whole number"},
           {R"("")", "'' is not a whole number"},
           {"[]", "'' is not a whole number"},
           {"-2", "'-2' is out of range"},
           {"9223372036854775808", "does not fit in 63 bits"}}) {
    EXPECT_THAT(faults_of(std::string(R"({"prompt": "a", "seed": )") + seeds + "}"),
                ElementsAre(HasSubstr(part)));
  }
}

TEST(PromptJobs, RefusesTheSameJobIdOrOutputTwice) {
  EXPECT_THAT(faults_of("{\"prompt\": \"a\"}\n{\"prompt\": \"a\"}"),
              ElementsAre(HasSubstr("jobs:2: without an id of its own, the same job")));
  EXPECT_THAT(faults_of("{\"prompt\": \"a\", \"seeds\": [1, 1]}"),
              ElementsAre(HasSubstr("that of line 1")));
  EXPECT_THAT(faults_of("{\"prompt\": \"a\", \"id\": \"K\"}\n{\"prompt\": \"b\", \"id\": \"k\"}"),
              ElementsAre(HasSubstr("jobs:2: the id 'k' is that of line 1")));
  EXPECT_THAT(
      faults_of("{\"prompt\": \"a\", \"output\": \"k.mp4\"}\n{\"prompt\": \"b\", \"id\": \"k\"}"),
      ElementsAre(HasSubstr("jobs:2: the output 'k.mp4' is that of line 1")));
  EXPECT_EQ(
      jobs_of("{\"prompt\": \"a\", \"id\": \"1\"}\n{\"prompt\": \"a\", \"id\": \"2\"}").size(), 2u);
}

TEST(PromptJobs, RefusesIdsAndOutputsThatLeaveTheFolder) {
  for (const char* id : {"", ".", "..", "../k", "a/b", "-k", ".k", "a b", "ä", "a\\u0000"}) {
    EXPECT_EQ(faults_of(std::string(R"({"prompt": "a", "id": ")") + id + "\"}").size(), 1u) << id;
  }
  for (const char* name : {"", "../k.mp4", "/k.mp4", "d/k.mp4", ".k.mp4", "-k.mp4", "k\\n.mp4"}) {
    EXPECT_THAT(faults_of(std::string(R"({"prompt": "a", "output": ")") + name + "\"}"),
                ElementsAre(HasSubstr("no plain file name")))
        << name;
  }
}

TEST(PromptJobs, RefusesFilesThatCanNotBeWritten) {
  const auto fault = [](const std::string& members) {
    const auto faults = faults_of(R"({"prompt": "a", )" + members + "}");
    return faults.size() == 1 ? faults.front() : "";
  };
  EXPECT_THAT(fault(R"("output": "k.avi")"), HasSubstr("output: unknown extension '.avi'"));
  EXPECT_THAT(fault(R"("output": "k.png")"), HasSubstr("no place for a frame's number"));
  EXPECT_THAT(fault(R"("codec": "h265")"), HasSubstr("codec: 'h265' is unknown (expected one of"));
  EXPECT_THAT(fault(R"("codec": "ffv1", "output": "k.mp4")"), HasSubstr("can't be stored in .mp4"));
  EXPECT_EQ(jobs_of(R"({"prompt": "a", "id": "k", "codec": "ffv1"})").at(0).video.path,
            "out/k.mkv");
}

TEST(PromptJobs, ALengthBecomesTheNearestNumberOfFrames) {
  // 2 s at 24: 48 frames, of which 49 = 4 * 12 + 1 is the nearest; at 12: 24 -> 25.
  EXPECT_EQ(jobs_of(R"({"prompt": "a", "duration": 2})").at(0).request.num_frames, 49);
  EXPECT_EQ(jobs_of(R"({"prompt": "a", "duration": 2, "fps": 12})").at(0).request.num_frames, 25);
  JobDefaults defaults;
  defaults.duration_s = 2;
  const auto jobs = jobs_of("{\"prompt\": \"a\"}\n{\"prompt\": \"a\", \"num_frames\": 5}",
                            PromptFormat::kJsonl, defaults);
  EXPECT_EQ(jobs.at(0).request.num_frames, 49);
  EXPECT_EQ(jobs.at(1).request.num_frames, 5);
  EXPECT_THAT(faults_of(R"({"prompt": "a", "duration": 3600, "fps": 1000})"),
              ElementsAre(HasSubstr("frames (at most 100001)")));
}

TEST(PromptJobs, NeedsAPromptSomewhere) {
  EXPECT_THAT(faults_of(R"({"seed": 1})"), ElementsAre("jobs:1: prompt: missing"));
  EXPECT_EQ(jobs_of(R"({"prompt": ""})").size(), 1u);
  JobDefaults defaults;
  defaults.request.prompt = "a";
  EXPECT_EQ(jobs_of(R"({"seed": 1})", PromptFormat::kJsonl, defaults).at(0).request.prompt, "a");
}

TEST(PromptJobs, DefaultsAtFaultAreTheCallersFault) {
  JobDefaults defaults;
  defaults.video.codec = "h265";
  EXPECT_ERROR(jobs_of("{\"prompt\": \"a\"}", PromptFormat::kJsonl, defaults), ErrorCode::kUsage,
               "codec: 'h265' is unknown");
}

}  // namespace
}  // namespace zoetrope
