#include "bench/stopwatch.h"

#include <algorithm>
#include <chrono>

namespace zoetrope {

BenchFigure measured(const std::string& workload, const std::string& stage, int repeat,
                     const std::function<void()>& action, const std::function<void()>& warm_up) {
  using Clock = std::chrono::steady_clock;
  warm_up ? warm_up() : action();
  std::vector<double> seconds;
  for (int i = 0; i < std::max(1, repeat); ++i) {
    const auto start = Clock::now();
    action();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::sort(seconds.begin(), seconds.end());
  BenchFigure figure;
  figure.workload = workload;
  figure.stage = stage;
  figure.seconds = seconds[seconds.size() / 2];
  figure.least = seconds.front();
  figure.most = seconds.back();
  return figure;
}

}  // namespace zoetrope
