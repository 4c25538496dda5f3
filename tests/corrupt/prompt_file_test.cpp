#include <random>

#include <gtest/gtest.h>

#include "support/prompt_text.h"

namespace zoetrope {
namespace {

// Five jobs, each with all that the mutations below take hold of.
std::vector<std::string> good_lines() {
  std::vector<std::string> lines;
  for (int i = 1; i <= 5; ++i) {
    const std::string number = std::to_string(i);
    lines.push_back("{\"id\": \"shot" + number + "\", \"prompt\": \"scene " + number +
                    "\", \"steps\": 20, \"size\": \"64x96\", \"fps\": \"24000/1001\", "
                    "\"guidance_scale\": 4.5, \"seed\": \"1..3\", \"output\": \"shot" +
                    number + ".mkv\", \"codec\": \"ffv1\"}");
  }
  return lines;
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

struct Mutation {
  std::string from, to;
};

// Each is a slip of the hand, a broken export or worse.
const std::vector<Mutation>& mutations() {
  static const std::vector<Mutation> all = {
      {"\"}", "\""},                           // cut off
      {"{\"id\"", "\"id\""},                   // no brace
      {", \"prompt\"", " \"prompt\""},         // no comma
      {"\"}", "\",}"},                         // a comma too many
      {"\"prompt\":", "prompt:"},              // no quotes
      {"\"prompt\"", "\"promt\""},             // a key misspelt
      {"\"steps\": 20", "\"steps\": \"20\""},  // a number as text
      {"\"steps\": 20", "\"steps\": 2.5"},
      {"\"steps\": 20", "\"steps\": 1001"},
      {"\"steps\": 20", "\"steps\": 20, \"sample_steps\": 20"},
      {"64x96", "64x"},
      {"\"size\"", "\"width\": 64, \"size\""},
      {"24000/1001", "24000/0"},
      {"4.5", "1e400"},
      {"1..3", "3..1"},
      {"\"output\": \"", "\"output\": \"../"},
      {".mkv", ".mp4"},    // ffv1 has no place there
      {"ffv1", "ffv1 "},   // a blank
      {"scene", "\xC3("},  // not UTF-8
      {"scene", std::string("\0", 1)},
  };
  return all;
}

TEST(MutatedPromptFile, AHundredMutationsAreCaughtOnTheirLine) {
  ASSERT_EQ(test::jobs_of(text_of(good_lines())).size(), 15u);
  int caught = 0;
  for (std::size_t changed = 0; changed < good_lines().size(); ++changed) {
    for (const Mutation& mutation : mutations()) {
      auto lines = good_lines();
      const std::size_t at = lines[changed].rfind(mutation.from);
      ASSERT_NE(at, std::string::npos) << mutation.from;
      lines[changed].replace(at, mutation.from.size(), mutation.to);
      const auto faults = test::faults_of(text_of(lines));
      const std::string place = "jobs:" + std::to_string(changed + 1) + ": ";
      bool right = !faults.empty();
      for (const std::string& fault : faults) right = right && fault.starts_with(place);
      EXPECT_TRUE(right) << mutation.from << " -> " << mutation.to << ": "
                         << testing::PrintToString(faults);
      caught += right ? 1 : 0;
    }
  }
  EXPECT_EQ(caught, 100);
}

// Random text from pieces that mean something to one of the readers.
std::string noise(std::mt19937& random) {
  static const std::vector<std::string> pieces = {"\"",
                                                  "\"\"",
                                                  ",",
                                                  "\n",
                                                  "\r\n",
                                                  "{",
                                                  "}",
                                                  "[",
                                                  "]",
                                                  ":",
                                                  "prompt",
                                                  "\"prompt\"",
                                                  "\\",
                                                  "\\u",
                                                  "\\u0000",
                                                  "seed",
                                                  "1..9",
                                                  "..",
                                                  "-1",
                                                  "1e309",
                                                  "\xff",
                                                  "\xC3",
                                                  std::string("\0", 1),
                                                  "#",
                                                  "steps",
                                                  "%05d.png",
                                                  "id",
                                                  "output",
                                                  "/",
                                                  "null",
                                                  "true",
                                                  "99999999999999999999",
                                                  " ",
                                                  "\t"};
  std::string text;
  const std::size_t length = random() % 60;
  for (std::size_t i = 0; i < length; ++i) {
    if (random() % 4 == 0) {
      text += static_cast<char>(random() % 256);
    } else {
      text += pieces[random() % pieces.size()];
    }
  }
  return text;
}

TEST(RandomPromptFile, GivesJobsOrFaultsInEveryFormat) {
  std::mt19937 random(5);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = noise(random);
    for (const PromptFormat format :
         {PromptFormat::kJsonl, PromptFormat::kText, PromptFormat::kCsv}) {
      try {
        const auto jobs = test::jobs_of(
            format == PromptFormat::kCsv && i % 2 == 0 ? "prompt,seed,output\n" + text : text,
            format);
        ASSERT_FALSE(jobs.empty());
        for (const BatchJob& job : jobs) {
          ASSERT_GE(job.request.seed, 0);
          ASSERT_EQ(job.video.path.parent_path(), "out");
        }
      } catch (const PromptFileError& error) {
        ASSERT_FALSE(error.faults().empty());
      }
    }
  }
}

}  // namespace
}  // namespace zoetrope
