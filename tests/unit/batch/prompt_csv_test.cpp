#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/prompt_text.h"

namespace zoetrope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<BatchJob> jobs_of(const std::string& text) {
  return test::jobs_of(text, PromptFormat::kCsv);
}
std::vector<std::string> faults_of(const std::string& text) {
  return test::faults_of(text, PromptFormat::kCsv);
}

TEST(PromptCsv, HasAFirstRowOfKeysAndAJobARow) {
  const auto jobs =
      jobs_of("\xEF\xBB\xBFprompt,num-inference-steps,fps,metadata\r\na,3,23.976,none\r\nb,,,\r\n");
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_EQ(jobs[0].request.prompt, "a");
  EXPECT_EQ(jobs[0].request.steps, 3);
  EXPECT_EQ(jobs[0].request.fps, (Rational{24000, 1001}));
  EXPECT_FALSE(jobs[0].video.metadata);
  EXPECT_EQ(jobs[1].request.steps, 0);
  EXPECT_TRUE(jobs[1].video.metadata);
  EXPECT_EQ(jobs[1].line, 3);
}

TEST(PromptCsv, KeepsCommasQuotesAndLineBreaksOfQuotedCells) {
  const auto jobs = jobs_of("seed,prompt\n1,\"a, \"\"b\"\"\nc\r\n\"\n\n2,\"\"\"\"\n");
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_EQ(jobs[0].request.prompt, "a, \"b\"\nc\n");
  EXPECT_EQ(jobs[0].line, 2);
  EXPECT_EQ(jobs[1].request.prompt, "\"");
  EXPECT_EQ(jobs[1].line, 6);
}

TEST(PromptCsv, IsTheSameJobAsInJsonl) {
  EXPECT_EQ(jobs_of("prompt,steps,seeds\na,3,\"1..2,7\"").at(2).id,
            test::jobs_of(R"({"prompt": "a", "steps": 3, "seed": 7})").at(0).id);
}

TEST(PromptCsv, RefusesColumnsThatAreUnknownOrTwice) {
  EXPECT_THAT(
      faults_of("promt,seed,base_seed,seed\na,1,1,1\n"),
      ElementsAre("jobs:1: 'promt': unknown key (nearest known key: prompt)",
                  "jobs:1: 'base_seed': given twice, also as 'seed'",
                  "jobs:1: 'seed': given twice, also as 'seed'", "jobs:2: prompt: missing"));
}

TEST(PromptCsv, RefusesRowsOfAnotherLengthAndGoesOn) {
  EXPECT_THAT(faults_of("prompt,steps\na\nb,3,4\nc,0\n"),
              ElementsAre("jobs:2: 1 cell (expected 2, as in the first row)",
                          "jobs:3: 3 cells (expected 2, as in the first row)",
                          "jobs:4: 'steps': '0' is out of range (expected 1 to 1000)"));
}

TEST(PromptCsv, RefusesQuotesThatAreNotWhereTheyBelong) {
  EXPECT_THAT(faults_of("prompt\na \"b\"\n"),
              ElementsAre(HasSubstr("jobs:2: cell 1: a quote in the")));
  EXPECT_THAT(faults_of("prompt\n\"a\" b\n"),
              ElementsAre("jobs:2: cell 1: text after the closing quote"));
  EXPECT_THAT(faults_of("prompt\n\"a\nb\n"),
              ElementsAre("jobs:2: cell 1: its quote is never closed"));
}

TEST(PromptCsv, GivesUpOnARowThatAForgottenQuoteMakesTooLong) {
  std::string text = "prompt\n\"a\n";
  for (int i = 0; i < 20; ++i) text += std::string(100'000, 'x') + "\n";
  EXPECT_THAT(faults_of(text),
              ElementsAre(HasSubstr("jobs:2: cell 1: a row of more than 1048576")));
}

TEST(PromptCsv, NamesTheLineOfBadTextWithinARow) {
  EXPECT_THAT(faults_of("prompt\n\"a\n\xff\"\n"),
              ElementsAre("jobs:2: cell 1: line 3: not UTF-8 at byte 0"));
}

}  // namespace
}  // namespace zoetrope
