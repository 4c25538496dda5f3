#include "tensor/block_cache.h"

#include <cstdint>
#include <fstream>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "tensor/tensor.h"

namespace zoetrope::test {
namespace {

constexpr std::int64_t kMiB = 1 << 20;

Tensor bytes(std::int64_t count) { return at::zeros({count}, at::kByte); }

std::int64_t resident_bytes() {
  std::int64_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

class BlockCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    keep_blocks();
    return_kept_blocks();
  }
};

TEST_F(BlockCacheTest, UsesAFreedBlockAgainForATensorOfAboutItsSize) {
  const void* place = nullptr;
  {
    const Tensor first = bytes(9 * kMiB), other = bytes(40 * kMiB);
    place = first.data_ptr();
  }
  const Tensor larger = bytes(10 * kMiB), far_smaller = bytes(7 * kMiB);
  EXPECT_NE(larger.data_ptr(), place);
  EXPECT_NE(far_smaller.data_ptr(), place);
  const Tensor second = bytes(9 * kMiB - 5000);
  EXPECT_EQ(second.data_ptr(), place);
}

TEST_F(BlockCacheTest, TakesNoMoreMemoryThanWasUsedAtOnce) {
  const std::int64_t before = resident_bytes();
  // Sizes too different to be used for each other.
  for (std::int64_t size = 8; size < 128; size += size / 4) bytes(size * kMiB);
  EXPECT_LE(resident_bytes() - before, (128 + 8) * kMiB);
}

TEST_F(BlockCacheTest, GivesKeptBlocksBackWhenAsked) {
  const std::int64_t before = resident_bytes();
  bytes(64 * kMiB);
  EXPECT_GE(resident_bytes() - before, 60 * kMiB);
  return_kept_blocks();
  EXPECT_LE(resident_bytes() - before, 4 * kMiB);
}

TEST_F(BlockCacheTest, HandsOutAlignedMemoryAndLeavesSmallTensorsAlone) {
  for (const std::int64_t size : {std::int64_t{1}, kMiB - 1, kMiB, 3 * kMiB + 17}) {
    const Tensor t = bytes(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(t.data_ptr()) % 64, 0U) << size;
    EXPECT_EQ(t.sum().item<std::int64_t>(), 0);
    EXPECT_TRUE(at::equal(t.clone(), t));
  }
}

}  // namespace
}  // namespace zoetrope::test
