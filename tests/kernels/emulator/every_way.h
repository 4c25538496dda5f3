#pragma once

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

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

/// Runs a kernel with a bug every way, and expects one of the faults each time: which of them it is
/// may depend on who comes first. run: of Options to an Outcome.
template <typename Run>
void expect_reported_every_way(const Run& run, const std::set<Fault>& faults) {
  for (const Options& options : every_way()) {
    bool found = false;
    std::string texts;
    for (const Report& report : run(options).reports) {
      found = found || faults.contains(report.fault);
      texts += report.text + "\n";
    }
    EXPECT_TRUE(found) << "schedule " << static_cast<int>(options.schedule) << ", copies "
                       << static_cast<int>(options.copies) << ", reports:\n"
                       << texts;
  }
}

}  // namespace emulator::test
