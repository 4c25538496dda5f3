#pragma once

#include <vector>

#include "kernels/emulator/emulator.h"

namespace emulator::test {

/// Each schedule with each timing of copies.
inline std::vector<Options> every_way() {
  std::vector<Options> ways;
  for (const auto schedule :
       {Schedule::kNatural, Schedule::kReversed, Schedule::kShuffled, Schedule::kPreempted}) {
    for (const auto copies : {CopyTiming::kLate, CopyTiming::kEarly, CopyTiming::kRandom}) {
      Options options;
      options.schedule = schedule;
      options.copies = copies;
      options.seed = static_cast<unsigned>(ways.size()) + 1;
      ways.push_back(options);
    }
  }
  return ways;
}

struct Outcome {
  std::vector<Report> reports;
  bool right = false;  // the numbers
};

}  // namespace emulator::test
