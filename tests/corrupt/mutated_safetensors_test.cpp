// Thousands of files with a few things wrong each, the same ones at every run.

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

#include "checkpoint/safetensors.h"
#include "checkpoint/safetensors_header.h"
#include "support/expect_error.h"
#include "support/header_mutator.h"
#include "support/temporary_folder.h"

namespace zoetrope {
namespace {

SafetensorsHeader parse(const std::string& file) {
  const std::uint64_t length =
      safetensors_header_bytes(std::string_view(file).substr(0, 9), file.size(), "f.safetensors");
  return parse_safetensors_header(std::string_view(file).substr(8, length), file.size(),
                                  "f.safetensors");
}

// What a reader of tensors relies on, said in other words than the parser's: sizes follow from
// shapes, and each byte of the data belongs to one tensor.
void expect_sound(const SafetensorsHeader& header, const std::string& file) {
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), 8);
  std::vector<int> owners(file.size(), 0);
  std::fill_n(owners.begin(), 8 + length, 1);
  for (const auto& [name, info] : header.tensors) {
    __extension__ __int128 bytes = dtype_bytes(info.dtype);
    for (const std::int64_t dim : info.shape) bytes *= dim;
    ASSERT_TRUE(bytes == info.bytes) << name;
    ASSERT_LE(info.offset + info.bytes, file.size()) << name;
    for (std::uint64_t i = 0; i < info.bytes; ++i) ++owners[info.offset + i];
  }
  EXPECT_EQ(std::count(owners.begin(), owners.end(), 1), static_cast<std::ptrdiff_t>(file.size()));
}

TEST(MutatedSafetensors, AreAllTakenWhenNothingIsWrong) {
  test::HeaderMutator mutator(1);
  for (int i = 0; i < 2'000; ++i) {
    const std::string file = mutator.good_file();
    ASSERT_NO_THROW(expect_sound(parse(file), file)) << file.substr(8);
  }
}

TEST(MutatedSafetensors, AreRefusedByNameOrSound) {
  test::HeaderMutator mutator(2);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string file = mutator.mutated_file();
    try {
      const SafetensorsHeader header = parse(file);
      expect_sound(header, file);
      ASSERT_FALSE(testing::Test::HasFailure()) << file.substr(8);
    } catch (const Error& error) {
      ++refused;
      ASSERT_EQ(error.code(), ErrorCode::kCorrupt) << error.what();
      ASSERT_NE(std::string(error.what()).find(" f.safetensors: "), std::string::npos)
          << error.what();
    }
  }
  // A mutation may change nothing that matters; if most did, this would test little.
  EXPECT_GT(refused, 15'000);
}

}  // namespace
}  // namespace zoetrope
