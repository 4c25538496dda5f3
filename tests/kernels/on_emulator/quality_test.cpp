// What tests of numbers do not see: barriers without need, and memory traffic.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/on_emulator/emulated.h"
#include "kernels/rows.h"

namespace zoetrope::kernels::test {
namespace {

constexpr std::int64_t kRows = 3, kDim = 1536;  // the width of Wan 2.1 1.3B

struct Fixture {
  Rows<Bf16> x{kRows, kDim, kDim}, branch{kRows, kDim, kDim, 2}, y{kRows, kDim, kDim, 3};
  Rows<Bf16> weight{1, kDim, kDim, 4};
  Rows<float> scale{1, kDim, kDim, 5}, shift{1, kDim, kDim, 6};
  float row_scales[kRows] = {};

  RmsNormArgs rms_norm() {
    return {x.data(), weight.data(), y.data(), kDim, kDim, kDim, 1e-6F, ElementType::kBF16};
  }
  LayerNormModulateArgs layer_norm() {
    return {x.data(), scale.data(), shift.data(),      y.data(), kDim, kDim, kDim, 0,
            0,        1e-6F,        ElementType::kBF16};
  }
  LayerNormQuantiseArgs quantised() { return {layer_norm(), row_scales}; }
  GatedResidualArgs gated_residual() {
    return {x.data(), branch.data(), scale.data(), y.data(), kDim,
            kDim,     kDim,          kDim,         0,        ElementType::kBF16};
  }
  QkNormRopeArgs rope() {  // 12 heads of 128: the tables are columns of three rows
    return {
        x.data(), branch.data(), weight.data(), weight.data(), scale.data(),      shift.data(), 12,
        64,       kDim,          kDim,          1e-6F,         ElementType::kBF16};
  }
};

template <typename Args>
void expect_all_needed(const Args& args, std::size_t sites,
                       int (*kernel)(const Args&, std::int64_t, std::int64_t, CudaStream)) {
  const Barriers barriers =
      barriers_of(memory_of(args, 0, kRows), [&] { return kernel(args, 0, kRows, nullptr); });
  EXPECT_EQ(barriers.all.size(), sites);
  EXPECT_THAT(barriers.needless, testing::IsEmpty());
}

TEST(CudaBarriers, AreAllNeeded) {
  Fixture f;
  expect_all_needed(f.rms_norm(), 1, rms_norm_cuda);
  expect_all_needed(f.rope(), 1, qk_norm_rope_cuda);
  expect_all_needed(f.layer_norm(), 1, layer_norm_modulate_cuda);  // one line, inlined twice
  expect_all_needed(f.quantised(), 2, layer_norm_quantise_cuda);
}

/// Bytes of all 32-byte sectors that requests touch.
template <typename Args>
std::uint64_t bytes_touched(const Args& args,
                            int (*kernel)(const Args&, std::int64_t, std::int64_t, CudaStream)) {
  std::uint64_t sectors = 0;
  const auto traffic =
      counts_of(memory_of(args, 0, kRows), [&] { return kernel(args, 0, kRows, nullptr); }).traffic;
  for (const auto& line : traffic) {
    if (line.shared) continue;
    EXPECT_LE(line.requests * 16, line.transactions) << line.where << ": less than 16 bytes a lane";
    sectors += line.transactions;
  }
  return sectors * 32;
}

TEST(CudaTraffic, IsThatOfTheFormulaInRequestsOf16BytesALane) {
  Fixture f;
  const std::uint64_t row = kDim * 2;  // bytes in bf16
  // Eight fp32 values beside eight bf16 ones take two requests that touch the same sectors; the
  // second one finds them in L1.
  const std::uint64_t row_fp32 = 2 * kDim * 4;
  EXPECT_EQ(bytes_touched(f.rms_norm(), rms_norm_cuda), kRows * 3 * row);
  EXPECT_EQ(bytes_touched(f.rms_norm(), rms_norm_silu_cuda), kRows * 3 * row);
  EXPECT_EQ(bytes_touched(f.layer_norm(), layer_norm_modulate_cuda),
            kRows * (2 * row + 2 * row_fp32));
  EXPECT_EQ(bytes_touched(f.gated_residual(), gated_residual_cuda), kRows * (3 * row + row_fp32));
}

TEST(CudaTraffic, OfDoubledPixelsReadsWholeSectorsAndWritesEachOnce) {
  const std::int64_t rows = 4, columns = 8, channels = 48;
  Rows<Bf16> x(1, rows * columns * channels, rows * columns * channels);
  Rows<Bf16> y(4, rows * columns * channels, rows * columns * channels);
  GatherArgs args;
  args.x = x.data();
  args.y = y.data();
  args.axis_count = 3;
  args.axes[0] = {2 * rows, columns * channels, 2};
  args.axes[1] = {2 * columns, channels, 2};
  args.axes[2] = {channels, 1};
  args.x_type = args.y_type = ElementType::kBF16;
  const std::int64_t all = 4 * rows * columns * channels;
  const auto traffic = counts_of(memory_of(args, 0, all), [&] {
                         return gather_cuda(args, 0, all, nullptr);
                       }).traffic;
  EXPECT_EQ(traffic.size(), 2U);
  for (const auto& line : traffic) {
    EXPECT_EQ(line.transactions, line.ideal) << line.where;
    if (line.write) {
      EXPECT_EQ(line.transactions * 32, all * 2) << line.where;
    }
  }
}

TEST(CudaTraffic, OfAGuidedStepReadsAndWritesEachTensorOnce) {
  Rows<float> inputs(7, kDim, kDim), results(3, kDim, kDim);
  GuidedStepArgs args;
  args.x = inputs.data();
  args.prompted = &inputs.at(1, 0);
  args.negative = &inputs.at(2, 0);
  for (int k = 0; k < 4; ++k) args.history[k] = &inputs.at(3 + k, 0);
  args.history_size = 4;
  args.next = results.data();
  args.kept_start = &results.at(1, 0);
  args.kept_prediction = &results.at(2, 0);
  const auto traffic = counts_of(memory_of(args, 0, kDim), [&] {
                         return guided_step_cuda(args, 0, kDim, nullptr);
                       }).traffic;
  std::uint64_t sectors = 0;
  for (const auto& line : traffic) {
    EXPECT_EQ(line.transactions, 16 * line.requests) << line.where << ": not 16 bytes a lane";
    sectors += line.transactions;
  }
  EXPECT_EQ(sectors * 32, 10 * kDim * 4);
}

TEST(CudaTraffic, OfRopeHasTheAnglesOnceForTheTwoHeadsOfAWarp) {
  Fixture f;
  const QkNormRopeArgs args = f.rope();
  std::uint64_t sectors = 0;
  const auto traffic = counts_of(memory_of(args, 0, kRows), [&] {
                         return qk_norm_rope_cuda(args, 0, kRows, nullptr);
                       }).traffic;
  for (const auto& line : traffic) {
    if (line.shared) continue;
    EXPECT_EQ(line.transactions, line.ideal) << line.where;
    sectors += line.transactions;
  }
  const std::uint64_t row = kDim * 2;  // bytes in bf16: read, written, and of the weights
  const std::uint64_t angles = 2 * 64 * 4;
  EXPECT_EQ(sectors * 32, kRows * 2 * (3 * row + 12 / 2 * angles));
}

}  // namespace
}  // namespace zoetrope::kernels::test
