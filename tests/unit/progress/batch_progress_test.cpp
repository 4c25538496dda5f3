#include "batch_progress.h"

#include <gtest/gtest.h>

namespace zoetrope::cli {
namespace {

using std::chrono::seconds;

GenerationRequest clip_of(int width, int steps, double guidance_scale) {
  GenerationRequest request;
  request.width = width;
  request.height = 64;
  request.num_frames = 5;
  request.steps = steps;
  request.guidance_scale = guidance_scale;
  return request;
}

// A batch of "a", "b" and "c"; "c" is twice as wide, has half as many steps and no guidance, and so
// takes half of the others' denoising and twice their rest.
class BatchProgressTest : public testing::Test {
 protected:
  void start(const char* id) {
    current.id = id;
    batch.started(id, now);
  }
  void tell(Stage stage, std::int64_t done, std::int64_t total, int after_s) {
    batch.progress({stage, done, total}, now += seconds(after_s));
  }
  void end(JobOutcome outcome, int after_s) {
    batch.ended({.job = &current, .outcome = outcome}, now += seconds(after_s));
  }

  // 40 s of steps and 10 s of the rest.
  void make(const char* id) {
    start(id);
    tell(Stage::kLoad, 1, 1, 100);
    tell(Stage::kText, 2, 2, 1);
    tell(Stage::kDenoise, 0, 10, 0);
    for (int step = 1; step <= 10; ++step) tell(Stage::kDenoise, step, 10, 4);
    tell(Stage::kDecode, 0, 5, 0);
    tell(Stage::kDecode, 5, 5, 6);
    tell(Stage::kEncode, 5, 5, 1);
    end(JobOutcome::kDone, 2);
  }

  BatchProgress::Clock::time_point now;
  BatchJob current;
  BatchJob a{.id = "a"}, b{.id = "b"}, c{.id = "c"};
  BatchProgress batch{
      {{&a, clip_of(64, 10, 4)}, {&b, clip_of(64, 10, 4)}, {&c, clip_of(128, 5, 1)}}};
};

TEST_F(BatchProgressTest, KnowsNoTimeBeforeAWholeClip) {
  start("a");
  tell(Stage::kDenoise, 0, 10, 0);
  tell(Stage::kDenoise, 9, 10, 30);
  EXPECT_FALSE(batch.seconds_left());
  EXPECT_FALSE(batch.clip_seconds_left());
}

TEST_F(BatchProgressTest, CountsStepsAndTheRestByTheirOwnRatesAndLeavesLoadingOut) {
  make("a");
  // b: 40 + 10; c: 40 / 2 + 10 * 2.
  EXPECT_NEAR(batch.seconds_left().value(), 50 + 40, 1e-9);
}

TEST_F(BatchProgressTest, FollowsTheRunningClip) {
  make("a");
  start("b");
  EXPECT_EQ(batch.running(), "b");
  EXPECT_NEAR(batch.clip_seconds_left().value(), 50, 1e-9);
  tell(Stage::kDenoise, 0, 10, 0);
  tell(Stage::kDenoise, 5, 10, 20);
  EXPECT_NEAR(batch.clip_seconds_left().value(), 20 + 10, 1e-9);
  EXPECT_NEAR(batch.seconds_left().value(), 20 + 10 + 40, 1e-9);
  tell(Stage::kDecode, 4, 5, 1);
  EXPECT_NEAR(batch.clip_seconds_left().value(), 2, 1e-9);
}

TEST_F(BatchProgressTest, TakesNoRateFromStepsThatAnotherRunMade) {
  make("a");
  start("b");
  tell(Stage::kDenoise, 8, 10, 3);
  EXPECT_NEAR(batch.clip_seconds_left().value(), 8 + 10, 1e-9);
  tell(Stage::kDenoise, 10, 10, 8);
  EXPECT_NEAR(batch.seconds_left().value(), 10 + 40, 1e-9);
}

TEST_F(BatchProgressTest, CountsEveryOutcome) {
  make("a");
  start("b");
  end(JobOutcome::kStopped, 1);
  EXPECT_EQ(batch.remaining(), 2);
  start("b");
  end(JobOutcome::kFailed, 1);
  current.id = "c";
  end(JobOutcome::kFound, 0);
  EXPECT_EQ(batch.done(), 1);
  EXPECT_EQ(batch.failed(), 1);
  EXPECT_EQ(batch.found(), 1);
  EXPECT_EQ(batch.remaining(), 0);
  EXPECT_EQ(batch.seconds_left().value(), 0);
}

}  // namespace
}  // namespace zoetrope::cli
