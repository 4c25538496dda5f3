#include "batch/journal.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "core/files.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

namespace zoetrope::batch {
namespace {

namespace fs = std::filesystem;

fs::path only_file(const fs::path& folder) { return fs::directory_iterator(folder)->path(); }

std::vector<std::string> events(const fs::path& folder) {
  std::vector<std::string> events;
  for (const Json& record : read_journals(folder)) {
    events.push_back(record.find("event")->as_string(""));
  }
  return events;
}

TEST(JournalTest, KeepsRecordsInOrderWithTheirTime) {
  const test::TemporaryFolder folder;
  Journal journal(folder.path());
  journal.record("done", {{"id", "a"}, {"seconds", 1.5}});
  const auto records = read_journals(folder.path());
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].find("event")->as_string(""), "worker");
  EXPECT_EQ(records[1].find("id")->as_string(""), "a");
  EXPECT_EQ(records[1].find("seconds")->as_number(""), 1.5);
  EXPECT_EQ(records[1].find("time")->as_string("").size(), sizeof("2026-11-25T13:40:00Z") - 1);
}

TEST(JournalTest, ToleratesALineInWhichItsWorkerDied) {
  const test::TemporaryFolder folder;
  { Journal(folder.path()).record("done", {{"id", "a"}}); }
  std::ofstream(only_file(folder.path()), std::ios::app) << R"({"time":"2026-11-25T13:)";
  EXPECT_EQ(events(folder.path()), (std::vector<std::string>{"worker", "done"}));

  // A process of the same number goes on in a line of its own.
  { Journal(folder.path()).record("failed", {{"id", "b"}}); }
  EXPECT_EQ(events(folder.path()),
            (std::vector<std::string>{"worker", "done", "worker", "failed"}));
}

TEST(JournalTest, HasItsRoomSetAsideAndItsSizeRight) {
  const test::TemporaryFolder folder;
  Journal journal(folder.path());
  for (int i = 0; i < 300; ++i) journal.record("started", {{"id", std::to_string(i)}});
  struct stat status {};
  ASSERT_EQ(::stat(only_file(folder.path()).c_str(), &status), 0);
  EXPECT_EQ(read_journals(folder.path()).size(), 301U);
  constexpr int kBlock = 512;
  EXPECT_GT(status.st_blocks * kBlock, status.st_size + 16 * 1024);
}

TEST(JournalTest, SaysWhichFolderCannotBeWrittenTo) {
  EXPECT_ERROR(Journal("/proc/no-such-folder"), ErrorCode::kResource,
               "write /proc/no-such-folder/journal-");
}

}  // namespace
}  // namespace zoetrope::batch
