#pragma once

#include "zoetrope/bench.h"

namespace zoetrope {

/// Measures the machine in about two seconds.
MachineLimits measure_limits();

}  // namespace zoetrope
