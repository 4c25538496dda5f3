#include <filesystem>
#include <vector>

#include <gtest/gtest.h>

#include "core/files.h"
#include "support/expect_error.h"
#include "support/stills.h"
#include "support/temporary_folder.h"
#include "zoetrope/generator.h"
#include "zoetrope/video_file.h"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

constexpr int kSteps = 12;

GenerationRequest small_request(const char* scheduler) {
  GenerationRequest request;
  request.prompt = "a red ball";
  request.width = 64;
  request.height = 64;
  request.num_frames = 5;
  request.steps = kSteps;
  request.scheduler = scheduler;
  request.seed = 7;
  return request;
}

// Asks to stop when the `count`-th question comes; there is one before each step, then one before
// each chunk of frames.
RunHooks stopping_at(int count) {
  RunHooks hooks;
  hooks.stop_requested = [count, asked = 0]() mutable { return asked++ >= count; };
  return hooks;
}

std::string bytes_of(const fs::path& path) { return read_text_file(path, 1 << 24); }

class Resume : public testing::Test {
 protected:
  GenerationRequest request(const char* scheduler = "unipc") {
    return generator.resolve(small_request(scheduler));
  }

  // Makes or continues the clip NAME.mp4, whose state is NAME.safetensors.
  void make(const std::string& name, const GenerationRequest& r, const RunHooks& hooks,
            ResumeOptions::Every every = {}) {
    VideoFileOptions options;
    options.path = folder.path() / (name + ".mp4");
    options.frames = r.num_frames;
    const auto file = open_video_file(options, Generator::format(r));
    generator.generate(r, *file, hooks, {state(name), /*resume=*/true, every});
    file->set_recipe(generator.recipe(r));
    file->finish();
  }

  fs::path state(const std::string& name) const { return folder.path() / (name + ".safetensors"); }
  std::string clip(const std::string& name) const {
    return bytes_of(folder.path() / (name + ".mp4"));
  }

  test::TemporaryFolder folder;
  Generator generator{{.folder = ZOETROPE_SOURCE_DIR "/models/starter"}, {.threads = 1}};
};

TEST_F(Resume, FromEveryStepEndsWithTheBytesOfAnUninterruptedRun) {
  for (const char* scheduler : {"unipc", "euler"}) {
    const GenerationRequest r = request(scheduler);
    const std::string whole = std::string(scheduler) + "-whole";
    make(whole, r, {});
    // The last ones stop before the first and the second chunk of frames.
    for (int stop = 0; stop <= kSteps + 1; ++stop) {
      SCOPED_TRACE(std::string(scheduler) + " stopped at " + std::to_string(stop));
      const std::string name = scheduler + std::to_string(stop);
      EXPECT_ERROR(make(name, r, stopping_at(stop)), ErrorCode::kStopped, "stopped on request");
      const LatentsInfo kept = inspect_latents(state(name));
      EXPECT_EQ(kept.steps_done, std::min(stop, kSteps));
      EXPECT_EQ(kept.complete, stop >= kSteps);

      make(name, r, {});
      EXPECT_EQ(bytes_of(state(name)), bytes_of(state(whole)));
      EXPECT_EQ(clip(name), clip(whole));
    }
  }
}

TEST_F(Resume, StoppedAtEveryStepInTurnStillEndsWithTheSameBytes) {
  const GenerationRequest r = request();
  make("whole", r, {});
  for (int step = 1; step < kSteps; ++step) {
    EXPECT_ERROR(make("a", r, stopping_at(1)), ErrorCode::kStopped, "after step");
  }
  make("a", r, {});
  EXPECT_EQ(clip("a"), clip("whole"));
}

TEST_F(Resume, StoppedWhileAStillIsEncodedBeginsAnewAndKeepsItsPlace) {
  const fs::path still = folder.path() / "still.png";
  write_file_atomically(still, test::png_bytes(test::sample_picture(64, 64)));
  GenerationRequest asked = small_request("unipc");
  asked.image = still.string();
  const GenerationRequest r = generator.resolve(asked);
  make("whole", r, {});
  EXPECT_ERROR(make("a", r, stopping_at(0)), ErrorCode::kStopped, "after step 0 of 12");
  EXPECT_EQ(inspect_latents(state("a")).steps_done, 0);
  make("a", r, {});
  EXPECT_EQ(clip("a"), clip("whole"));
}

TEST_F(Resume, GoesOnAtTheLastCheckpointOfARunThatDied) {
  const GenerationRequest r = request();
  make("whole", r, {});
  RunHooks dying;
  dying.on_progress = [](const Progress& progress) {
    if (progress.stage == Stage::kDenoise && progress.done == 9) throw std::runtime_error("died");
  };
  EXPECT_THROW(make("a", r, dying, {.steps = 4}), std::runtime_error);
  EXPECT_EQ(inspect_latents(state("a")).steps_done, 8);

  std::vector<std::int64_t> steps;
  RunHooks hooks;
  hooks.on_progress = [&](const Progress& progress) {
    if (progress.stage == Stage::kDenoise) steps.push_back(progress.done);
  };
  make("a", r, hooks);
  EXPECT_EQ(steps, (std::vector<std::int64_t>{8, 9, 10, 11, 12}));
  EXPECT_EQ(clip("a"), clip("whole"));
}

TEST_F(Resume, DecodesAloneWhatWasDenoised) {
  const GenerationRequest r = request();
  EXPECT_ERROR(make("a", r, stopping_at(kSteps)), ErrorCode::kStopped, "while decoding");
  RunHooks hooks;
  hooks.on_progress = [](const Progress& progress) {
    EXPECT_NE(progress.stage, Stage::kText);
    EXPECT_NE(progress.stage, Stage::kDenoise);
  };
  make("a", r, hooks);
}

TEST_F(Resume, RefusesTheStateOfAnotherRequest) {
  GenerationRequest r = request();
  EXPECT_ERROR(make("a", r, stopping_at(3)), ErrorCode::kStopped, "after step 3 of 12");
  const std::string before = bytes_of(state("a"));
  r.seed = 8;
  EXPECT_ERROR(make("a", r, {}), ErrorCode::kUsage, "'seed' is '7' there and '8' here");
  r.seed = 7;
  r.prompt = "a blue ball";
  EXPECT_ERROR(make("a", r, {}), ErrorCode::kUsage, "'prompt' is '\"a red ball\"' there");
  EXPECT_EQ(bytes_of(state("a")), before);
  EXPECT_FALSE(fs::exists(folder.path() / "a.mp4"));
}

TEST_F(Resume, RefusesTheStateOfAnotherModel) {
  const GenerationRequest r = request();
  EXPECT_ERROR(make("a", r, stopping_at(3)), ErrorCode::kStopped, "after step 3 of 12");
  std::string text = bytes_of(state("a"));
  const auto at = text.find("model_sha256");
  ASSERT_NE(at, text.npos);
  const auto digit = text.find_first_of("0123456789abcdef", text.find(':', at));
  text[digit] = text[digit] == '0' ? '1' : '0';
  write_file_atomically(state("a"), text);
  EXPECT_ERROR(make("a", r, {}), ErrorCode::kUsage, "'model_sha256' is");
}

TEST_F(Resume, RefusesAStateThatIsDamaged) {
  const GenerationRequest r = request();
  EXPECT_ERROR(make("a", r, stopping_at(3)), ErrorCode::kStopped, "after step 3 of 12");
  const std::string whole = bytes_of(state("a"));

  write_file_atomically(state("a"), whole.substr(0, whole.size() - 4));
  EXPECT_ERROR(make("a", r, {}), ErrorCode::kCorrupt, "a.safetensors");

  std::string lying = whole;
  const auto at = lying.find("steps_done\":\"3\"");
  ASSERT_NE(at, lying.npos);
  lying.replace(at, 15, "steps_done\":\"1\"");  // UniPC has three tensors after step 3, two after 1
  write_file_atomically(state("a"), lying);
  EXPECT_ERROR(make("a", r, {}), ErrorCode::kCorrupt, "UniPC has 2");
}

// Writes NAME.png of one colour into the folder; returns its path.
fs::path write_still(const fs::path& folder, float level) {
  VideoFileOptions options;
  options.path = folder / "still%01d.png";
  options.frames = 1;
  options.metadata = false;
  options.overwrite = true;
  const std::vector<float> values(std::size_t{3} * 64 * 64, level);
  const auto file = open_video_file(options, {64, 64, {1, 1}});
  file->write({values.data(), 1, 64, 64});
  file->finish();
  return folder / "still1.png";
}

TEST_F(Resume, TheRecipeTellsOfTheStillThatTheClipWasMadeFrom) {
  GenerationRequest wanted = small_request("unipc");
  wanted.steps = 1;
  wanted.image = write_still(folder.path(), 0.2F).string();
  const GenerationRequest r = generator.resolve(wanted);
  make("first", r, {});
  const std::string first = generator.recipe(r).json;
  write_still(folder.path(), 0.8F);  // another picture under the same name
  make("second", r, {});
  EXPECT_NE(generator.recipe(r).json, first);
}

}  // namespace
}  // namespace zoetrope
