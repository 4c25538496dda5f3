#include "kernels/emulator/planted.h"

#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/common/element.h"
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/every_way.h"

namespace emulator::test {
namespace {

using zoetrope::kernels::Bf16;
using zoetrope::kernels::round_to_bf16;
using zoetrope::kernels::to_float;

template <typename T>
void allow(Emulation& emulation, const std::vector<T>& memory, Use use) {
  emulation.allow(memory.data(), memory.size() * sizeof(T), use);
}

Outcome run_sum(const Options& options, Bug bug, int count = 40) {
  Emulation emulation(options);
  std::vector<float> x(static_cast<std::size_t>(count)), y(1);
  float expected = 0;
  for (std::size_t i = 0; i < x.size(); ++i) expected += x[i] = static_cast<float>(i);
  allow(emulation, x, Use::kInput);
  allow(emulation, y, Use::kOutput);
  sum(x.data(), y.data(), count, bug);
  return {emulation.reports(), y[0] == expected};
}

Outcome run_multiply(const Options& options, Bug bug) {
  constexpr int kRows = 61, kDepth = 104, kPitch = 112;
  Emulation emulation(options);
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<Bf16> a(kRows * kPitch), b(16 * kPitch);
  for (Bf16& element : a) element = round_to_bf16(normal(random));
  for (Bf16& element : b) element = round_to_bf16(normal(random));
  std::vector<float> y(kRows * 16, std::numeric_limits<float>::quiet_NaN());
  allow(emulation, a, Use::kInput);
  allow(emulation, b, Use::kInput);
  allow(emulation, y, Use::kOutput);
  multiply({a.data(), b.data(), y.data(), kRows, kDepth, kPitch}, bug);
  bool right = true;
  for (int r = 0; r < kRows; ++r) {
    for (int c = 0; c < 16; ++c) {
      double expected = 0;
      for (int k = 0; k < kDepth; ++k) {
        expected += double{to_float(a[static_cast<std::size_t>(r * kPitch + k)])} *
                    to_float(b[static_cast<std::size_t>(c * kPitch + k)]);
      }
      // Written so that NaN is wrong.
      const double found = y[static_cast<std::size_t>(r * 16 + c)];
      right = right && std::fabs(found - expected) < 1e-4;
    }
  }
  return {emulation.reports(), right};
}

Outcome run_transpose(const Options& options, Bug bug) {
  constexpr int kRows = 45, kColumns = 50;
  Emulation emulation(options);
  std::vector<float> x(kRows * kColumns), y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  allow(emulation, x, Use::kInput);
  allow(emulation, y, Use::kOutput);
  transpose(x.data(), y.data(), kRows, kColumns, bug);
  bool right = true;
  for (std::size_t i = 0; i < x.size(); ++i) {
    right = right && y[i % kColumns * kRows + i / kColumns] == x[i];
  }
  return {emulation.reports(), right};
}

Outcome run_count(const Options& options, Bug bug) {
  Emulation emulation(options);
  std::vector<int> counter(1);
  allow(emulation, counter, Use::kInOut);
  count_blocks(counter.data(), 5, bug);
  count_blocks(counter.data(), 5, bug);  // a later launch comes after the first
  return {emulation.reports(), counter[0] == 10};
}

Outcome run_copy(const Options& options, Bug bug) {
  Emulation emulation(options);
  alignas(256) static float x[801], y[800];
  for (int i = 0; i < 801; ++i) x[i] = static_cast<float>(i);
  // Of the heap, because what lies in the executable may be read as constants.
  std::vector<float> from(x, x + 801);
  emulation.allow(from.data(), 801 * sizeof(float), Use::kInput);
  emulation.allow(y, sizeof y, Use::kOutput);
  copy_vectors(from.data(), y, 200, bug);
  return {emulation.reports(), std::memcmp(x, y, sizeof y) == 0};
}

Outcome run_pass_on(const Options& options, Bug bug) {
  Emulation emulation(options);
  std::vector<float> y(32);
  allow(emulation, y, Use::kOutput);
  pass_on(y.data(), bug);
  bool right = true;
  for (std::size_t i = 0; i < 32; ++i) right = right && y[i] == static_cast<float>((i + 1) % 32);
  return {emulation.reports(), right};
}

struct Plant {
  const char* name;
  Outcome (*run)(const Options&, Bug);
  Bug bug;
  Fault fault;
};

Outcome run_short_sum(const Options& options, Bug bug) { return run_sum(options, bug); }

const Plant kPlants[] = {
    {"SumNoSync", run_short_sum, Bug::kNoSync, Fault::kRace},
    {"SumEarlyReturn", run_short_sum, Bug::kEarlyReturn, Fault::kDivergence},
    {"SumExtraWarpBarrier", run_short_sum, Bug::kExtraWarpBarrier, Fault::kDivergence},
    {"SumSplitBarrier", run_short_sum, Bug::kSplitBarrier, Fault::kDivergence},
    {"SumAbsentLane", run_short_sum, Bug::kAbsentLane, Fault::kShuffleSource},
    {"PipelineNoWait", run_multiply, Bug::kNoWait, Fault::kInFlight},
    {"PipelineWaitTooFew", run_multiply, Bug::kWaitTooFew, Fault::kInFlight},
    {"PipelineNoSyncAfterWait", run_multiply, Bug::kNoSyncAfterWait, Fault::kRace},
    {"PipelineNoSyncAtLoopEnd", run_multiply, Bug::kNoSyncAtLoopEnd, Fault::kRace},
    {"PipelineTailRows", run_multiply, Bug::kTailRows, Fault::kOutOfBounds},
    {"PipelineNoLastWait", run_multiply, Bug::kNoLastWait, Fault::kUnfinishedCopy},
    {"TransposeNoSync", run_transpose, Bug::kNoSync, Fault::kRace},
    {"TransposeUnguarded", run_transpose, Bug::kUnguarded, Fault::kOutOfBounds},
    {"TransposeStoreUnguarded", run_transpose, Bug::kStoreUnguarded, Fault::kOutOfBounds},
    {"TransposePastTile", run_transpose, Bug::kPastTile, Fault::kOutOfBounds},
    {"CounterPlain", run_count, Bug::kPlainCounter, Fault::kRace},
    {"CopyMisaligned", run_copy, Bug::kMisaligned, Fault::kMisaligned},
    {"CopyWriteInput", run_copy, Bug::kWriteInput, Fault::kReadOnly},
    {"PassOnAbsentee", run_pass_on, Bug::kAbsentee, Fault::kDeadlock},
    {"PassOnUnwritten", run_pass_on, Bug::kUnwritten, Fault::kUninitialised},
    {"PassOnNoWarpBarrier", run_pass_on, Bug::kNoWarpBarrier, Fault::kRace},
};

class PlantedBug : public testing::TestWithParam<Plant> {};

TEST_P(PlantedBug, IsReportedInEverySchedule) {
  expect_reported_every_way(
      [](const Options& options) { return GetParam().run(options, GetParam().bug); },
      {GetParam().fault});
}

INSTANTIATE_TEST_SUITE_P(Emulator, PlantedBug, testing::ValuesIn(kPlants),
                         [](const auto& plant) { return plant.param.name; });

TEST(Emulator, ReportsNothingOfKernelsWithoutFaultsAndComputesThem) {
  for (const Options& options : every_way()) {
    for (auto* run :
         {run_short_sum, run_multiply, run_transpose, run_count, run_copy, run_pass_on}) {
      const Outcome outcome = run(options, Bug::kNone);
      for (const Report& report : outcome.reports) ADD_FAILURE() << report.text;
      EXPECT_TRUE(outcome.right);
    }
  }
}

TEST(Emulator, LeavesWrongNumbersToTheTests) {
  for (const Options& options : every_way()) {
    const Outcome outcome = run_multiply(options, Bug::kNoMask);
    EXPECT_THAT(outcome.reports, testing::IsEmpty());
    EXPECT_FALSE(outcome.right);
  }
}

TEST(Emulator, NamesBothLinesOfARace) {
  const Outcome outcome = run_transpose({}, Bug::kNoSync);
  ASSERT_FALSE(outcome.reports.empty());
  EXPECT_THAT(outcome.reports[0].text,
              testing::MatchesRegex("(uninitialised|race): shared .*planted.cu:[0-9]+.*"));
  bool both = false;
  for (const Report& report : outcome.reports) {
    both = both || report.text.find("; the other is in planted.cu:") != std::string::npos;
  }
  EXPECT_TRUE(both);
}

TEST(Emulator, SaysWhoWaitsWhereInADeadlock) {
  const Outcome outcome = run_pass_on({}, Bug::kAbsentee);
  ASSERT_EQ(outcome.reports.size(), 1U);
  EXPECT_THAT(outcome.reports[0].text,
              testing::MatchesRegex("deadlock: nobody can run: 1 threads returned; 31 wait at the "
                                    "warp barrier in planted.cu:[0-9]+"));
}

TEST(Emulator, LeavesOutTheBarrierThatItIsTold) {
  Options options;
  std::vector<std::string> sites;
  {
    Emulation emulation(options);
    std::vector<float> x(40), y(1);
    allow(emulation, x, Use::kInput);
    allow(emulation, y, Use::kOutput);
    sum(x.data(), y.data(), 40, Bug::kNone);
    sites = emulation.sync_sites();
  }
  ASSERT_EQ(sites.size(), 1U);
  EXPECT_THAT(sites[0], testing::StartsWith("planted.cu:"));
  options.skipped_sync = sites[0];
  EXPECT_FALSE(run_sum(options, Bug::kNone).reports.empty());
}

/// Transactions over the fewest possible, of all shared reads in lines of planted.cu.
double bank_overhead(Bug bug) {
  Options options;
  options.statistics = true;
  Emulation emulation(options);
  std::vector<float> x(64 * 64), y(64 * 64);
  allow(emulation, x, Use::kInput);
  allow(emulation, y, Use::kOutput);
  transpose(x.data(), y.data(), 64, 64, bug);
  double transactions = 0, ideal = 0;
  for (const Traffic& line : emulation.traffic()) {
    if (!line.shared || line.write) continue;
    EXPECT_EQ(line.requests, 4U * 32U) << line.where;
    transactions += static_cast<double>(line.transactions);
    ideal += static_cast<double>(line.ideal);
  }
  return transactions / ideal;
}

TEST(Emulator, CountsBankConflictsByLine) {
  EXPECT_EQ(bank_overhead(Bug::kNone), 1);
  // Without padding a column of 32 words lies in one bank.
  EXPECT_EQ(bank_overhead(Bug::kNoPadding), 32);
}

TEST(Emulator, CountsSectorsOfGlobalMemory) {
  Options options;
  options.statistics = true;
  Emulation emulation(options);
  alignas(256) static float y[512];
  std::vector<float> from(512 + 64);
  // On a line of 128 bytes as cudaMalloc gives it, then 16 bytes behind one.
  auto* x =
      reinterpret_cast<float*>((reinterpret_cast<std::uintptr_t>(from.data()) + 127) / 128 * 128);
  allow(emulation, from, Use::kInput);
  emulation.allow(y, sizeof y, Use::kOutput);
  copy_vectors(x, y, 128, Bug::kNone);
  for (const Traffic& line : emulation.traffic()) {
    EXPECT_EQ(line.requests, 4U);
    EXPECT_EQ(line.transactions, 4U * 16U) << line.where;  // 512 bytes of a warp, 32 a sector
  }
  copy_vectors(x + 4, y, 128, Bug::kNone);
  for (const Traffic& line : emulation.traffic()) {
    EXPECT_EQ(line.transactions, line.write ? 2U * 64U : 64U + 4U * 17U) << line.where;
  }
}

TEST(Emulator, RefusesLaunchesThatNoGpuTakes) {
  Emulation emulation;
  std::vector<int> counter(1);
  count_blocks(counter.data(), 0, Bug::kNone);
  ASSERT_EQ(emulation.reports().size(), 1U);
  EXPECT_EQ(emulation.reports()[0].fault, Fault::kLaunch);
}

}  // namespace
}  // namespace emulator::test
