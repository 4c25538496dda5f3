#include "kernels/emulator/pipeline.h"

#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/emulator/emulator.h"
#include "kernels/emulator/every_way.h"
#include "kernels/emulator/pipeline_case.h"

namespace emulator::test {
namespace {

using Multiply = bool (*)(const PipelinedProduct&, PipelineBug);

struct Size {
  int rows, depth;
};

Outcome run(const Options& options, Multiply multiply, PipelineBug bug, Size size = {70, 264},
            std::set<std::string>* sites = nullptr) {
  PipelineCase with(size.rows, size.depth);
  Emulation emulation(options);
  emulation.allow(with.a.data(), with.a.size() * 2, Use::kInput);
  emulation.allow(with.b.data(), with.b.size() * 2, Use::kInput);
  emulation.allow(with.y.data(), with.y.size() * sizeof(float), Use::kOutput);
  EXPECT_TRUE(multiply(with.product(), bug));
  if (sites != nullptr) {
    for (const std::string& site : emulation.sync_sites()) sites->insert(site);
  }
  return {emulation.reports(), with.is_right()};
}

std::string texts_of(const Outcome& outcome) {
  std::string texts;
  for (const Report& report : outcome.reports) texts += report.text + "\n";
  return texts;
}

struct Plant {
  const char* name;
  Multiply multiply;
  PipelineBug bug;
  std::set<Fault> faults;  // which of them it is depends on who comes first
};

const std::set<Fault> kNotThere = {Fault::kUninitialised, Fault::kInFlight, Fault::kRace};
const std::set<Fault> kOutOfStep = {Fault::kUninitialised, Fault::kInFlight, Fault::kRace,
                                    Fault::kDeadlock};

const Plant kPlants[] = {
    {"SimpleNoFullWait", multiply_simply, PipelineBug::kNoFullWait, kNotThere},
    {"SimpleBytesTooMany", multiply_simply, PipelineBug::kBytesTooMany, {Fault::kDeadlock}},
    {"SimpleNoSyncAfterInit", multiply_simply, PipelineBug::kNoSyncAfterInit, kNotThere},
    {"SimpleNoProductWait", multiply_simply, PipelineBug::kNoProductWait, {Fault::kInFlight}},
    {"SimpleRefilledEarly", multiply_simply, PipelineBug::kRefilledEarly, {Fault::kInFlight}},
    {"SpecialisedNoFullWait", multiply_specialised, PipelineBug::kNoFullWait, kNotThere},
    {"SpecialisedBytesTooMany",
     multiply_specialised,
     PipelineBug::kBytesTooMany,
     {Fault::kDeadlock}},
    {"SpecialisedNoSyncAfterInit", multiply_specialised, PipelineBug::kNoSyncAfterInit, kNotThere},
    {"SpecialisedNoProductWait",
     multiply_specialised,
     PipelineBug::kNoProductWait,
     {Fault::kInFlight}},
    {"SpecialisedNoEmptyWait", multiply_specialised, PipelineBug::kNoEmptyWait, kOutOfStep},
    {"SpecialisedWrongParity", multiply_specialised, PipelineBug::kWrongParity, kOutOfStep},
    {"SpecialisedWrongEmptyParity",
     multiply_specialised,
     PipelineBug::kWrongEmptyParity,
     {Fault::kDeadlock}},
    {"SpecialisedReleasedEarly",
     multiply_specialised,
     PipelineBug::kReleasedEarly,
     {Fault::kInFlight, Fault::kRace}},
};

class PlantedPipelineBug : public testing::TestWithParam<Plant> {};

TEST_P(PlantedPipelineBug, IsReportedInEveryScheduleAndTiming) {
  for (const Options& options : every_way()) {
    const Outcome outcome = run(options, GetParam().multiply, GetParam().bug);
    bool found = false;
    for (const Report& report : outcome.reports) {
      found = found || GetParam().faults.contains(report.fault);
    }
    EXPECT_TRUE(found) << "schedule " << static_cast<int>(options.schedule) << ", copies "
                       << static_cast<int>(options.copies) << ", reports:\n"
                       << texts_of(outcome);
  }
}

INSTANTIATE_TEST_SUITE_P(Emulator, PlantedPipelineBug, testing::ValuesIn(kPlants),
                         [](const auto& plant) { return plant.param.name; });

TEST(Pipelines, AreRightAndWithoutAReport) {
  for (const Options& options : every_way()) {
    for (const Multiply multiply : {multiply_simply, multiply_specialised}) {
      for (const Size size : {Size{70, 264}, Size{64, 64}, Size{1, 8}, Size{130, 200}}) {
        const Outcome outcome = run(options, multiply, PipelineBug::kNone, size);
        EXPECT_EQ(texts_of(outcome), "");
        EXPECT_TRUE(outcome.right) << size.rows << " x " << size.depth;
      }
    }
  }
}

TEST(Pipelines, LeaveAWrongStrideToTheNumbers) {
  for (const Options& options : every_way()) {
    for (const Multiply multiply : {multiply_simply, multiply_specialised}) {
      const Outcome outcome = run(options, multiply, PipelineBug::kStride);
      EXPECT_EQ(texts_of(outcome), "");
      EXPECT_FALSE(outcome.right);
    }
  }
}

TEST(Pipelines, NeedEachBarrierFenceAndWait) {
  for (const Multiply multiply : {multiply_simply, multiply_specialised}) {
    std::set<std::string> sites;
    run({}, multiply, PipelineBug::kNone, {70, 264}, &sites);
    // Both: the block barrier after the init, the wait for copies, the fence. Then a wait for
    // products and a block barrier, or a wait for a release and two for products.
    EXPECT_EQ(sites.size(), multiply == multiply_simply ? 5U : 6U);
    for (const std::string& site : sites) {
      for (Options options : every_way()) {
        options.skipped_sync = site;
        EXPECT_FALSE(run(options, multiply, PipelineBug::kNone).reports.empty()) << site;
      }
    }
  }
}

}  // namespace
}  // namespace emulator::test
