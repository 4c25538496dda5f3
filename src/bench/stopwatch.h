#pragma once

#include <functional>
#include <string>

#include "zoetrope/bench.h"

namespace zoetrope {

/// Runs an action `repeat` times after `warm_up`, or after running it once; median, least and most
/// of the seconds.
BenchFigure measured(const std::string& workload, const std::string& stage, int repeat,
                     const std::function<void()>& action,
                     const std::function<void()>& warm_up = {});

}  // namespace zoetrope
