#include "kernels/emulator/products.h"

#include <limits>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/common/element.h"
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/every_way.h"
#include "kernels/emulator/layout.h"

namespace emulator::test {
namespace {

using zoetrope::kernels::Bf16;
using zoetrope::kernels::round_to_bf16;

constexpr unsigned kRows = 64, kDepth = 64;

// cute/atom/mma_traits_sm90_gmma.hpp of CUTLASS 4.2, ALayout_64x16 and CLayout_64xN: thread and
// value to m + 64 k and m + 64 n.
const Layout kThreadA{{4, 8, 4}, {128, 1, 16}}, kValueA{{2, 2, 2}, {64, 8, 512}};
const Layout kThreadC{{4, 8, 4}, {128, 1, 16}};
Layout value_of_c(unsigned n) { return {{2, 2, n / 8}, {64, 8, 512}}; }

/// Whole numbers, which bf16 and every sum here hold exactly.
float number(unsigned row, unsigned k, unsigned factor) {
  return static_cast<float>((row * 31 + k) * factor % 13) - 6;
}

struct Shape {
  int n;
  bool held;
};

/// a [64, 64] in the order in which 128 threads hold it, four registers of two for each 16 columns.
std::vector<Bf16> in_registers(const std::vector<Bf16>& a) {
  std::vector<Bf16> held;
  for (unsigned i = 0; i < 128 * 4 * 8; ++i) {
    const unsigned thread = i / 32, step = i / 8 % 4, index = kThreadA(thread) + kValueA(i % 8);
    held.push_back(a[std::size_t{index % 64} * kDepth + 16 * step + index / 64]);
  }
  return held;
}

Outcome run(const Options& options, const Shape& shape, ProductBug bug,
            std::set<std::string>* sites = nullptr) {
  const auto columns = static_cast<unsigned>(shape.n), sums_of_thread = columns / 2;
  std::vector<Bf16> a(std::size_t{kRows} * kDepth), b(std::size_t{columns} * kDepth);
  for (unsigned i = 0; i < a.size(); ++i) a[i] = round_to_bf16(number(i / kDepth, i % kDepth, 7));
  for (unsigned i = 0; i < b.size(); ++i) b[i] = round_to_bf16(number(i / kDepth, i % kDepth, 5));
  if (shape.held) a = in_registers(a);
  std::vector<float> sums(std::size_t{128} * sums_of_thread,
                          std::numeric_limits<float>::quiet_NaN());
  Emulation emulation(options);
  emulation.allow(a.data(), a.size() * 2, Use::kInput);
  emulation.allow(b.data(), b.size() * 2, Use::kInput);
  emulation.allow(sums.data(), sums.size() * sizeof(float), Use::kOutput);
  multiply_by_group({a.data(), b.data(), sums.data(), shape.n, shape.held}, bug);

  bool right = true;
  const Layout value = value_of_c(columns);
  for (unsigned i = 0; i < sums.size(); ++i) {
    const unsigned index = kThreadC(i / sums_of_thread) + value(i % sums_of_thread);
    float expected = 1;
    for (unsigned k = 0; k < kDepth; ++k) {
      expected += number(index % 64, k, 7) * number(index / 64, k, 5);
    }
    right = right && sums[i] == expected;
  }
  if (sites != nullptr) {
    for (const std::string& site : emulation.sync_sites()) sites->insert(site);
  }
  return {emulation.reports(), right};
}

constexpr Shape kShapes[] = {{64, false}, {128, false}, {64, true}};

struct Plant {
  const char* name;
  ProductBug bug;
  Fault fault;
};

const Plant kPlants[] = {
    {"NoProductFence", ProductBug::kNoProductFence, Fault::kRace},
    {"NoProxyFence", ProductBug::kNoProxyFence, Fault::kProxy},
    {"NoWait", ProductBug::kNoWait, Fault::kInFlight},
    {"WaitTooFew", ProductBug::kWaitTooFew, Fault::kInFlight},
    {"NoCommit", ProductBug::kNoCommit, Fault::kInFlight},
    {"WrittenUnder", ProductBug::kWrittenUnder, Fault::kInFlight},
    {"MissingWarp", ProductBug::kMissingWarp, Fault::kDeadlock},
    {"ShiftedTile", ProductBug::kShiftedTile, Fault::kMisaligned},
    {"TooManyRegisters", ProductBug::kTooManyRegisters, Fault::kLaunch},
};

std::string texts_of(const Outcome& outcome) {
  std::string texts;
  for (const Report& report : outcome.reports) texts += report.text + "\n";
  return texts;
}

bool has(const Outcome& outcome, std::set<Fault> faults) {
  return std::any_of(outcome.reports.begin(), outcome.reports.end(),
                     [&](const Report& report) { return faults.contains(report.fault); });
}

class PlantedProductBug : public testing::TestWithParam<Plant> {};

TEST_P(PlantedProductBug, IsReportedInEverySchedule) {
  for (const Options& options : every_way()) {
    for (const Shape& shape : kShapes) {
      const Outcome outcome = run(options, shape, GetParam().bug);
      EXPECT_TRUE(has(outcome, {GetParam().fault}))
          << "schedule " << static_cast<int>(options.schedule) << ", n " << shape.n
          << ", reports:\n"
          << texts_of(outcome);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Emulator, PlantedProductBug, testing::ValuesIn(kPlants),
                         [](const auto& plant) { return plant.param.name; });

TEST(Products, LieInRegistersAsInCutlassAndAreRightWithoutAReport) {
  for (const Options& options : every_way()) {
    for (const Shape& shape : kShapes) {
      const Outcome outcome = run(options, shape, ProductBug::kNone);
      EXPECT_EQ(texts_of(outcome), "");
      EXPECT_TRUE(outcome.right) << "n " << shape.n << (shape.held ? ", a held" : "");
    }
  }
}

TEST(Products, OfTilesWithoutABarrierAreReported) {
  for (const Options& options : every_way()) {
    // Who comes first decides whether the tiles are not ready, or not there.
    EXPECT_TRUE(
        has(run(options, kShapes[0], ProductBug::kNoSync), {Fault::kRace, Fault::kUninitialised}));
  }
}

TEST(Products, OfDifferentTilesInOneGroupAreReported) {
  for (const Options& options : every_way()) {
    EXPECT_TRUE(has(run(options, kShapes[0], ProductBug::kOtherTile), {Fault::kDivergence}));
  }
}

TEST(Products, LeaveAWrongStrideToTheNumbers) {
  for (const Shape& shape : kShapes) {
    const Outcome outcome = run({}, shape, ProductBug::kStride);
    EXPECT_EQ(texts_of(outcome), "");
    EXPECT_FALSE(outcome.right);
  }
}

TEST(Products, NeedEachFenceBarrierAndWaitOfTheirKernel) {
  std::set<std::string> sites;
  run({}, kShapes[0], ProductBug::kNone, &sites);
  ASSERT_EQ(sites.size(), 4U);
  for (const std::string& site : sites) {
    for (Options options : every_way()) {
      options.skipped_sync = site;
      EXPECT_FALSE(run(options, kShapes[0], ProductBug::kNone).reports.empty()) << site;
    }
  }
}

}  // namespace
}  // namespace emulator::test
