#include "core/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/checked_math.h"
#include "core/sha256.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

namespace zoetrope {
namespace {

TEST(InputFile, OpensOnlyRegularFiles) {
  const test::TemporaryFolder folder;
  EXPECT_ERROR(InputFile(folder.path() / "none"), ErrorCode::kCorrupt, "No such file");
  EXPECT_ERROR(InputFile(folder.path()), ErrorCode::kCorrupt, "not a regular file");
  const auto fifo = folder.path() / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_ERROR(InputFile{fifo}, ErrorCode::kCorrupt, "not a regular file");
}

TEST(IsThere, LeavesItToOpeningToSayWhatIsWrong) {
  const test::TemporaryFolder folder;
  const auto loop = folder.path() / "loop";
  std::filesystem::create_symlink("loop", loop);
  write_file_atomically(folder.path() / "file", "");
  EXPECT_TRUE(is_there(loop));
  EXPECT_TRUE(is_there(loop / "x"));
  EXPECT_TRUE(is_there(folder.path() / "file"));
  EXPECT_TRUE(is_there(folder.path() / std::string(300, 'n')));
  EXPECT_FALSE(is_there(folder.path() / "none"));
  EXPECT_FALSE(is_there(folder.path() / "file" / "x"));
}

TEST(InputFile, SaysThatTheFileWasCut) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "f";
  write_file_atomically(path, "12345");
  char buffer[8];
  EXPECT_ERROR(InputFile(path).read_at(2, buffer, 8), ErrorCode::kCorrupt, "5 bytes too early");
}

TEST(WriteFileAtomically, ReplacesAndLeavesNoPart) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "f";
  write_file_atomically(path, "one");
  write_file_atomically(path, "two");
  EXPECT_EQ(read_text_file(path, 10), "two");
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".part"));
}

TEST(ReadTextFile, IsBounded) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder.path() / "f", "12345");
  EXPECT_ERROR(read_text_file(folder.path() / "f", 4), ErrorCode::kCorrupt, "at most 4");
}

// FIPS 180-2, appendix B.1.
TEST(Sha256, OfAbc) {
  EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(CheckedSize, ThrowsInsteadOfWrapping) {
  const CheckedSize big(UINT64_MAX);
  EXPECT_ERROR(big + 1, ErrorCode::kCorrupt, "does not fit");
  EXPECT_ERROR(big * 2, ErrorCode::kCorrupt, "does not fit");
  EXPECT_ERROR(CheckedSize(1) - 2, ErrorCode::kCorrupt, "does not fit");
  EXPECT_EQ((CheckedSize(3) * 4 + 5).value(), 17u);
}

}  // namespace
}  // namespace zoetrope
