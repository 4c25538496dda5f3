// What tests of numbers do not see: schedules, barriers without need, memory traffic.

#include <fstream>
#include <iterator>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/attention_case.h"
#include "kernels/on_emulator/emulated.h"

namespace zoetrope::kernels::test {
namespace {

Kernel kernel_of(AttentionCase& problem) {
  return [&] { return attention_cuda(problem.args(), nullptr); };
}

TEST(AttentionSchedules, AllLeaveTheSameBits) {
  for (const std::int64_t head_dim : {64, 80, 96, 128, 192, 256}) {
    for (const bool biased : {false, true}) {
      AttentionCase problem({70, 150, head_dim, 2}, biased);
      expect_faultless(memory_of(problem.args()), kernel_of(problem),
                       every_schedule_and_copy_timing());
    }
  }
}

/// Where the queries stay in shared memory one barrier less is passed.
TEST(AttentionBarriers, AreAllNeeded) {
  for (const auto& [head_dim, sites] : {std::pair(64, 8U), {192, 7U}, {256, 7U}}) {
    AttentionCase problem({64, 200, head_dim, 1}, false);
    const Barriers barriers = barriers_of(memory_of(problem.args()), kernel_of(problem));
    EXPECT_EQ(barriers.all.size(), sites);
    EXPECT_THAT(barriers.needless, testing::IsEmpty());
  }
}

/// The row of kernels/budget.txt for an architecture, by column.
std::vector<std::string> budget_row(const std::string& kernel, const std::string& architecture) {
  std::ifstream file(std::string(ZOETROPE_SOURCE_DIR) + "/kernels/budget.txt");
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    const std::vector<std::string> row{std::istream_iterator<std::string>(words), {}};
    if (row.size() > 3 && row[0] == kernel && row[1] == architecture) return row;
  }
  return {};
}

TEST(AttentionBudget, NamesTheSharedMemoryThatIsAskedFor) {
  for (const std::int64_t head_dim : {64, 96, 128, 192, 256}) {
    AttentionCase problem({1, 1, head_dim, 1}, false);
    const auto row =
        budget_row("attention_tiles<bf16," + std::to_string(head_dim) + ",false>", "sm_80");
    ASSERT_FALSE(row.empty());
    EXPECT_EQ(row[3], std::to_string(
                          counts_of(memory_of(problem.args()), kernel_of(problem)).shared_bytes));
  }
}

/// In the end, where a warp takes its rows from shared memory, heads that are padded leave lanes
/// idle.
TEST(AttentionTraffic, HasNoBankConflictsAndWholeSectors) {
  for (const std::int64_t head_dim : {64, 80, 96, 128, 160, 192, 256}) {
    const bool padded = head_dim % 64 != 0 && head_dim != 96;
    AttentionCase problem({64, 192, head_dim, 1}, false);
    const auto traffic = counts_of(memory_of(problem.args()), kernel_of(problem)).traffic;
    EXPECT_GE(traffic.size(), 6U);
    for (const auto& line : traffic) {
      if (padded && line.shared && !line.write) continue;
      EXPECT_EQ(line.transactions, line.ideal)
          << line.where << (line.shared ? " shared" : " global")
          << (line.write ? " write" : " read") << ", head size " << head_dim;
    }
  }
}

}  // namespace
}  // namespace zoetrope::kernels::test
