#pragma once

#include <functional>
#include <string>

#include "zoetrope/bench.h"

namespace zoetrope {

/// Runs an action once to warm up, then `repeat` times; median, least and most of the seconds.
BenchFigure measured(const std::string& workload, const std::string& stage, int repeat,
                     const std::function<void()>& action);

}  // namespace zoetrope
