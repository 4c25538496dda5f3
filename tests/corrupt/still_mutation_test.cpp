// Thousands of stills with a few things wrong each, the same ones at every run.

#include <algorithm>

#include <gtest/gtest.h>

#include "corrupt/still_mutator.h"
#include "media/still.h"
#include "media/still_decoders.h"
#include "support/safetensors_bytes.h"
#include "support/temporary_folder.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

// Whether `read` gave a picture, which then is whole; else it refused what it read.
template <typename Read>
bool reads(const Read& read) {
  try {
    const Picture picture = read();
    EXPECT_GE(picture.width, 1);
    EXPECT_GE(picture.height, 1);
    EXPECT_LE(std::int64_t{picture.width} * picture.height, kMaxStillPixels);
    EXPECT_EQ(picture.rgb.size(), static_cast<std::size_t>(picture.width) *
                                      static_cast<std::size_t>(picture.height) * 3);
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << error.what();
    EXPECT_STRNE(error.what(), "");
    return false;
  }
}

bool decodes(const std::string& still) {
  return reads([&] {
    return media::decode_still({reinterpret_cast<const std::uint8_t*>(still.data()), still.size()},
                               [](const std::string&) {});
  });
}

TEST(MutatedStills, AreReadWhenNothingIsWrong) {
  const test::StillMutator mutator(1);
  const auto refused = std::count_if(mutator.seeds().begin(), mutator.seeds().end(),
                                     [](const std::string& seed) { return !decodes(seed); });
  EXPECT_EQ(refused, 4);  // those of four channels: ink without a profile for ink
}

TEST(MutatedStills, AreDecodedOrRefused) {
  test::StillMutator mutator(2);
  int refused = 0;
  for (int i = 0; i < 10'000; ++i) {
    if (!decodes(mutator.mutated())) ++refused;
    ASSERT_FALSE(testing::Test::HasFailure()) << "still " << i;
  }
  // A mutation may change nothing that matters, or only colours; if most did, this would test
  // little.
  EXPECT_GT(refused, 5'000);
  EXPECT_LT(refused, 9'900);
}

TEST(MutatedStills, AreReadFromFilesOrRefused) {
  const test::TemporaryFolder folder;
  test::StillMutator mutator(3);
  for (int i = 0; i < 1'000; ++i) {
    const auto path = test::write_bytes(folder.path() / "still", mutator.mutated());
    reads([&] { return read_still(path, nullptr); });
    ASSERT_FALSE(testing::Test::HasFailure()) << "still " << i;
  }
}

}  // namespace
}  // namespace zoetrope
