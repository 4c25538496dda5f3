#include "kernels/emulator/boxes.h"

#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/emulator/emulator.h"
#include "kernels/emulator/every_way.h"

namespace emulator::test {
namespace {

Outcome run(const Options& options, BoxBug bug, std::set<std::string>* sites = nullptr) {
  constexpr int kRows = 37, kColumns = 150, kPitch = 152;
  Emulation emulation(options);
  std::vector<unsigned short> x(kRows * kPitch), y(kRows * kColumns, 0xffff);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<unsigned short>(i);
  emulation.allow(x.data(), x.size() * 2, Use::kInput);
  emulation.allow(y.data(), y.size() * 2, Use::kOutput);
  EXPECT_TRUE(copy_by_boxes({x.data(), y.data(), kRows, kColumns, kPitch}, bug));
  bool right = true;
  for (std::size_t i = 0; i < y.size(); ++i) {
    right = right && y[i] == x[i / kColumns * kPitch + i % kColumns];
  }
  if (sites != nullptr) {
    for (const std::string& site : emulation.sync_sites()) sites->insert(site);
  }
  return {emulation.reports(), right};
}

struct Plant {
  const char* name;
  BoxBug bug;
  std::set<Fault> faults;  // which of them it is depends on who comes first
};

const Plant kPlants[] = {
    {"NoWait", BoxBug::kNoWait, {Fault::kInFlight, Fault::kRace}},
    {"OneWarpWaits", BoxBug::kOneWarpWaits, {Fault::kInFlight, Fault::kRace}},
    {"NoSyncAtLoopEnd", BoxBug::kNoSyncAtLoopEnd, {Fault::kRace, Fault::kDeadlock}},
    {"NoSyncAfterInit", BoxBug::kNoSyncAfterInit, {Fault::kUninitialised, Fault::kRace}},
    {"NoInitFence", BoxBug::kNoInitFence, {Fault::kRace}},
    {"BytesTooMany", BoxBug::kBytesTooMany, {Fault::kDeadlock}},
    {"BytesTooFew", BoxBug::kBytesTooFew, {Fault::kInFlight}},
    {"NoLastWait", BoxBug::kNoLastWait, {Fault::kUnfinishedCopy}},
    {"PastMemory", BoxBug::kPastMemory, {Fault::kOutOfBounds}},
    {"Misaligned", BoxBug::kMisaligned, {Fault::kMisaligned}},
};

class PlantedBoxBug : public testing::TestWithParam<Plant> {};

TEST_P(PlantedBoxBug, IsReportedInEveryScheduleAndTiming) {
  expect_reported_every_way([](const Options& options) { return run(options, GetParam().bug); },
                            GetParam().faults);
}

INSTANTIATE_TEST_SUITE_P(Emulator, PlantedBoxBug, testing::ValuesIn(kPlants),
                         [](const auto& plant) { return plant.param.name; });

TEST(Boxes, ArriveSwizzledAndWithoutAReport) {
  for (const Options& options : every_way()) {
    const Outcome outcome = run(options, BoxBug::kNone);
    for (const Report& report : outcome.reports) ADD_FAILURE() << report.text;
    EXPECT_TRUE(outcome.right);
    EXPECT_FALSE(run(options, BoxBug::kNotSwizzled).right);
  }
}

TEST(Boxes, NeedEachWaitAndBarrierOfTheirKernel) {
  std::set<std::string> sites;
  run({}, BoxBug::kNone, &sites);
  ASSERT_EQ(sites.size(), 3U);  // after the init, at the loop's end, and the wait
  for (const std::string& site : sites) {
    for (Options options : every_way()) {
      options.skipped_sync = site;
      EXPECT_THAT(run(options, BoxBug::kNone).reports, testing::Not(testing::IsEmpty())) << site;
    }
  }
}

TEST(Boxes, OfMatricesThatTheDriverRefusesAreRefused) {
  Emulation emulation;
  alignas(16) static unsigned short x[64 * 20], y[64 * 20];
  EXPECT_FALSE(copy_by_boxes({x, y, 16, 64, 65}, BoxBug::kNone));      // rows of 130 bytes
  EXPECT_FALSE(copy_by_boxes({x + 4, y, 16, 64, 64}, BoxBug::kNone));  // 8 bytes behind 16
  EXPECT_FALSE(copy_by_boxes({x, y, 0, 64, 64}, BoxBug::kNone));
}

}  // namespace
}  // namespace emulator::test
