#include "kernels/emulator/barriers.h"

#include <limits>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/emulator/emulator.h"
#include "kernels/emulator/every_way.h"

namespace emulator::test {
namespace {

Outcome run(const Options& options, BarrierBug bug, std::set<std::string>* sites = nullptr) {
  constexpr std::size_t kTiles = 5, kReaders = 3;
  Emulation emulation(options);
  std::vector<float> x(kTiles * 32);
  std::vector<float> y(kReaders * x.size(), std::numeric_limits<float>::quiet_NaN());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  emulation.allow(x.data(), x.size() * sizeof(float), Use::kInput);
  emulation.allow(y.data(), y.size() * sizeof(float), Use::kOutput);
  pass_tiles(x.data(), y.data(), kTiles, bug);
  bool right = true;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t tile = i / 96, reader = i / 32 % kReaders, lane = i % 32;
    right = right && y[i] == x[32 * tile + (lane + reader) % 32];
  }
  if (sites != nullptr) {
    for (const std::string& site : emulation.sync_sites()) sites->insert(site);
  }
  return {emulation.reports(), right};
}

struct Plant {
  const char* name;
  BarrierBug bug;
  std::set<Fault> faults;  // which of them it is depends on who comes first
};

const Plant kPlants[] = {
    {"NoFullWait", BarrierBug::kNoFullWait, {Fault::kUninitialised, Fault::kRace}},
    {"NoEmptyWait", BarrierBug::kNoEmptyWait, {Fault::kRace, Fault::kDeadlock}},
    {"WrongParity",
     BarrierBug::kWrongParity,
     {Fault::kUninitialised, Fault::kRace, Fault::kDeadlock}},
    {"NoSyncAfterInit", BarrierBug::kNoSyncAfterInit, {Fault::kUninitialised, Fault::kRace}},
    {"NoInit", BarrierBug::kNoInit, {Fault::kUninitialised}},
    {"InitTwice", BarrierBug::kInitTwice, {Fault::kBarrier}},
    {"BytesTooMany", BarrierBug::kBytesTooMany, {Fault::kDeadlock}},
    {"ArriveTooOften",
     BarrierBug::kArriveTooOften,
     {Fault::kBarrier, Fault::kRace, Fault::kDeadlock}},
    {"ReleasedEarly", BarrierBug::kReleasedEarly, {Fault::kRace}},
    {"WrittenLate", BarrierBug::kWrittenLate, {Fault::kUninitialised, Fault::kRace}},
};

class PlantedBarrierBug : public testing::TestWithParam<Plant> {};

TEST_P(PlantedBarrierBug, IsReportedInEverySchedule) {
  expect_reported_every_way([](const Options& options) { return run(options, GetParam().bug); },
                            GetParam().faults);
}

INSTANTIATE_TEST_SUITE_P(Emulator, PlantedBarrierBug, testing::ValuesIn(kPlants),
                         [](const auto& plant) { return plant.param.name; });

TEST(Barriers, OrderWhatPassesThemWithoutAReport) {
  for (const Options& options : every_way()) {
    const Outcome outcome = run(options, BarrierBug::kNone);
    for (const Report& report : outcome.reports) ADD_FAILURE() << report.text;
    EXPECT_TRUE(outcome.right);
  }
}

TEST(Barriers, AreNamedWhenNobodyCanRun) {
  const Outcome outcome = run({}, BarrierBug::kBytesTooMany);
  ASSERT_EQ(outcome.reports.size(), 1U);
  EXPECT_THAT(outcome.reports[0].text,
              testing::AllOf(testing::HasSubstr("96 wait at the mbarrier in barriers.cu:"),
                             testing::HasSubstr("lacks 0 arrivals and 16 bytes")));
}

TEST(Barriers, AreEachNeeded) {
  std::set<std::string> sites;
  run({}, BarrierBug::kNone, &sites);
  ASSERT_EQ(sites.size(), 3U);  // the block barrier and the two waits
  for (const std::string& site : sites) {
    for (Options options : every_way()) {
      options.skipped_sync = site;
      EXPECT_THAT(run(options, BarrierBug::kNone).reports, testing::Not(testing::IsEmpty()))
          << site;
    }
  }
}

}  // namespace
}  // namespace emulator::test
