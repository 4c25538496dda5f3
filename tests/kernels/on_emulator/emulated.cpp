#include "kernels/on_emulator/emulated.h"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

namespace zoetrope::kernels::test {

using emulator::CopyTiming;
using emulator::Emulation;
using emulator::Options;
using emulator::Schedule;
using emulator::Use;

void Memory::add(const void* base, const Rows& rows, Use use) {
  const std::size_t bytes = static_cast<std::size_t>(rows.dim) * rows.element_bytes;
  for (std::int64_t r = rows.begin; r < rows.end; ++r) {
    auto* begin = const_cast<unsigned char*>(static_cast<const unsigned char*>(base)) +
                  static_cast<std::size_t>(r * rows.stride) * rows.element_bytes;
    const auto same = std::find_if(spans_.begin(), spans_.end(),
                                   [&](const Span& span) { return span.begin == begin; });
    if (same == spans_.end()) {
      spans_.push_back({begin, bytes, use});
    } else if (same->use != use) {
      same->use = Use::kInOut;  // in place
    }
  }
}

void Memory::allow_in(Emulation& emulation) const {
  for (const Span& span : spans_) emulation.allow(span.begin, span.bytes, span.use);
}

std::vector<std::vector<unsigned char>> Memory::outputs() const {
  std::vector<std::vector<unsigned char>> outputs;
  for (const Span& span : spans_) {
    if (span.use != Use::kInput) outputs.emplace_back(span.begin, span.begin + span.bytes);
  }
  return outputs;
}

void Memory::restore(const std::vector<std::vector<unsigned char>>& outputs) const {
  std::size_t i = 0;
  for (const Span& span : spans_) {
    if (span.use != Use::kInput) std::memcpy(span.begin, outputs[i++].data(), span.bytes);
  }
}

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
    memory.allow_in(emulation);
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
    memory.allow_in(emulation);
    kernel();
    return std::pair(emulation.sync_sites(), emulation.reports().empty());
  };
  Barriers barriers{run("").first, {}};
  for (const std::string& site : barriers.all) {
    if (run(site).second) barriers.needless.push_back(site);
  }
  return barriers;
}

std::vector<emulator::Traffic> traffic_of(const Memory& memory, const Kernel& kernel) {
  Options options;
  options.statistics = true;
  Emulation emulation(options);
  memory.allow_in(emulation);
  EXPECT_EQ(kernel(), 0);
  return emulation.traffic();
}

}  // namespace zoetrope::kernels::test
