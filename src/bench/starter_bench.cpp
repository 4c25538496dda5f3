#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <map>

#include <stdlib.h>

#include "bench/stopwatch.h"
#include "bench/workloads.h"
#include "zoetrope/error.h"
#include "zoetrope/frame_sink.h"
#include "zoetrope/generator.h"
#include "zoetrope/video_file.h"

namespace zoetrope {
namespace {

// Keeps the frames of the last clip.
class KeptFrames : public FrameSink {
 public:
  void begin() { values_.clear(); }
  void write(const FrameView& chunk) override {
    last_ = chunk;
    values_.insert(values_.end(), chunk.data,
                   chunk.data + chunk.frames * 3 * chunk.height * chunk.width);
  }
  void finish() override {}

  FrameView all() const {
    const auto frame = static_cast<std::size_t>(3 * last_.height * last_.width);
    return {values_.data(), static_cast<std::int64_t>(values_.size() / frame), last_.width,
            last_.height};
  }

 private:
  std::vector<float> values_;
  FrameView last_;
};

class TemporaryFolder {
 public:
  TemporaryFolder() : path_(std::filesystem::temp_directory_path() / "zoetrope-bench-XXXXXX") {
    std::string name = path_.string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw Error(ErrorCode::kResource,
                  "make a folder " + name + " for the clip: " + std::strerror(errno));
    }
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Encoding finished frames, and all that puts the file in its place.
BenchFigure bench_file(const std::string& name, int repeat, const FrameView& frames,
                       const Rational& fps) {
  const TemporaryFolder folder;
  VideoFileOptions options{.path = folder.path() / "clip.mp4", .overwrite = true};
  options.frames = frames.frames;
  BenchFigure figure = measured(name, "encode to file", repeat, [&] {
    const auto file = open_video_file(options, {frames.width, frames.height, fps});
    file->write(frames);
    file->finish();
  });
  figure.note = "the same clip as .mp4";
  return figure;
}

}  // namespace

std::vector<BenchFigure> bench_starter(const std::string& name, const BenchRun& run) {
  const RunOptions options{.device = "cpu",
                           .dtype = run.type == at::kFloat ? "fp32" : "bf16",
                           .threads = run.options.threads};
  BenchFigure open = measured(name, "open", run.repeat,
                              [&] { const Generator other(run.options.starter, options); });
  open.note = "every header read and checked, no weights";
  Generator generator(run.options.starter, options);
  GenerationRequest request;
  request.prompt = "a large red ball moving right over a green field under a blue sky";
  request.seed = 1;
  request = generator.resolve(request);

  // Each stage's share of every run, from the moments at which it reports.
  using Clock = std::chrono::steady_clock;
  std::map<Stage, double> seconds;
  Clock::time_point last;
  RunHooks hooks;
  hooks.on_progress = [&](const Progress& progress) {
    const auto now = Clock::now();
    seconds[progress.stage] += std::chrono::duration<double>(now - last).count();
    last = now;
  };
  KeptFrames sink;
  int runs = 0;
  BenchFigure clip = measured(name, "clip", run.repeat, [&] {
    last = Clock::now();
    sink.begin();
    generator.generate(request, sink, hooks);
    ++runs;
  });
  clip.note = std::to_string(request.width) + "x" + std::to_string(request.height) + ", " +
              std::to_string(request.num_frames) + " frames, " + std::to_string(request.steps) +
              " steps, without a file";
  std::vector<BenchFigure> figures = {open, clip};
  const std::pair<Stage, const char*> stages[] = {{Stage::kLoad, "load"},
                                                  {Stage::kText, "text"},
                                                  {Stage::kDenoise, "denoise"},
                                                  {Stage::kDecode, "decode"}};
  for (const auto& [stage, word] : stages) {
    BenchFigure figure;
    figure.workload = name;
    figure.stage = word;
    figure.seconds = figure.least = figure.most = seconds[stage] / runs;
    figure.note = "mean of the runs";
    figures.push_back(figure);
  }
  figures.push_back(bench_file(name, run.repeat, sink.all(), request.fps));
  return figures;
}

}  // namespace zoetrope
