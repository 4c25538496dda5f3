#include <chrono>
#include <map>

#include "bench/stopwatch.h"
#include "bench/workloads.h"
#include "zoetrope/frame_sink.h"
#include "zoetrope/generator.h"

namespace zoetrope {
namespace {

class NullSink : public FrameSink {
 public:
  void write(const FrameView&) override {}
  void finish() override {}
};

}  // namespace

std::vector<BenchFigure> bench_starter(const std::string& name, const BenchRun& run) {
  Generator generator(run.options.starter, {.device = "cpu",
                                            .dtype = run.type == at::kFloat ? "fp32" : "bf16",
                                            .threads = run.options.threads});
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
  NullSink sink;
  int runs = 0;
  BenchFigure clip = measured(name, "clip", run.repeat, [&] {
    last = Clock::now();
    generator.generate(request, sink, hooks);
    ++runs;
  });
  clip.note = std::to_string(request.width) + "x" + std::to_string(request.height) + ", " +
              std::to_string(request.num_frames) + " frames, " + std::to_string(request.steps) +
              " steps, without a file";
  std::vector<BenchFigure> figures = {clip};
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
  return figures;
}

}  // namespace zoetrope
