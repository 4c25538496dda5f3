#include "kernels/on_emulator/emulated.h"

#include <gtest/gtest.h>

namespace zoetrope::kernels::test {

using emulator::CopyTiming;
using emulator::Emulation;
using emulator::Options;
using emulator::Schedule;
using emulator::Use;

namespace {

void allow(const Memory& memory, Emulation& emulation) {
  for (const Memory::Span& span : memory.spans()) {
    const Use use = !span.is_output ? Use::kInput : span.is_input ? Use::kInOut : Use::kOutput;
    emulation.allow(span.begin, span.bytes, use);
  }
}

}  // namespace

std::vector<Options> every_schedule() {
  std::vector<Options> ways;
  for (const auto schedule :
       {Schedule::kNatural, Schedule::kReversed, Schedule::kShuffled, Schedule::kPreempted}) {
    Options options;
    options.schedule = schedule;
    options.seed = static_cast<unsigned>(ways.size()) + 1;
    ways.push_back(options);
  }
  return ways;
}

std::vector<Options> every_schedule_and_copy_timing() {
  std::vector<Options> ways;
  for (Options options : every_schedule()) {
    for (const auto copies : {CopyTiming::kLate, CopyTiming::kEarly, CopyTiming::kRandom}) {
      options.copies = copies;
      options.seed = static_cast<unsigned>(ways.size()) + 1;
      ways.push_back(options);
    }
  }
  return ways;
}

void expect_faultless(const Memory& memory, const Kernel& kernel,
                      const std::vector<Options>& ways) {
  const auto before = memory.outputs();
  std::vector<std::vector<unsigned char>> first;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    memory.restore(before);
    Emulation emulation(ways[i]);
    allow(memory, emulation);
    ASSERT_EQ(kernel(), 0);
    for (const auto& report : emulation.reports()) ADD_FAILURE() << report.text;
    if (i == 0) first = memory.outputs();
    EXPECT_EQ(memory.outputs(), first) << "way " << i << " computed otherwise than the first";
  }
}

Barriers barriers_of(const Memory& memory, const Kernel& kernel) {
  const auto before = memory.outputs();
  const auto run = [&](const std::string& skipped) {
    memory.restore(before);
    Options options;
    options.skipped_sync = skipped;
    Emulation emulation(options);
    allow(memory, emulation);
    kernel();
    return std::pair(emulation.sync_sites(), emulation.reports().empty());
  };
  Barriers barriers{run("").first, {}};
  for (const std::string& site : barriers.all) {
    if (run(site).second) barriers.needless.push_back(site);
  }
  return barriers;
}

Counts counts_of(const Memory& memory, const Kernel& kernel) {
  Options options;
  options.statistics = true;
  Emulation emulation(options);
  allow(memory, emulation);
  EXPECT_EQ(kernel(), 0);
  return {emulation.traffic(), emulation.shared_bytes()};
}

}  // namespace zoetrope::kernels::test
