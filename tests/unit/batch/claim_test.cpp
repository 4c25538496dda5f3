#include "batch/claim.h"

#include <array>
#include <fstream>
#include <functional>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/temporary_folder.h"

namespace zoetrope::batch {
namespace {

namespace fs = std::filesystem;
using Seconds = std::chrono::duration<double>;

constexpr Seconds kLong{3600};

class Claiming : public testing::Test {
 protected:
  Claims claims(Seconds stale = kLong) const { return {folder.path(), stale}; }
  fs::path file(const std::string& name) const { return folder.path() / name; }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(file(name)) << content;
  }

  test::TemporaryFolder folder;
};

// Runs `body` in a child that then waits to be killed, so that it counts as alive.
pid_t waiting_child(const std::function<void()>& body) {
  std::array<int, 2> ready{};
  EXPECT_EQ(::pipe(ready.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    (void)!::write(ready[1], "x", 1);
    for (;;) ::pause();
  }
  char said = 0;
  EXPECT_EQ(::read(ready[0], &said, 1), 1);
  ::close(ready[0]);
  ::close(ready[1]);
  return child;
}

void kill_and_bury(pid_t child) {
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_F(Claiming, OfAJobThatSomebodyHasGivesNothingUntilItIsReleased) {
  Claims mine = claims(), theirs = claims();
  auto held = theirs.take("a");
  ASSERT_NE(held, nullptr);
  EXPECT_EQ(mine.take("a"), nullptr);
  EXPECT_NE(mine.take("b"), nullptr);
  held.reset();
  EXPECT_NE(mine.take("a"), nullptr);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST_F(Claiming, TakesOverFromAWorkerThatWasKilled) {
  const pid_t child = waiting_child([&] { (void)claims().take("a").release(); });
  Claims mine = claims();
  EXPECT_EQ(mine.take("a"), nullptr);
  kill_and_bury(child);
  auto claim = mine.take("a");
  ASSERT_NE(claim, nullptr);
  EXPECT_TRUE(claim->held());
  claim.reset();
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST_F(Claiming, TakesOverFromAWorkerWhoseNumberCameAgain) {
  const Worker self = Worker::self();
  write("a.claim", "{\"host\":\"" + self.host + "\",\"pid\":" + std::to_string(self.pid) +
                       ",\"started\":\"1\",\"number\":1}\n");
  EXPECT_NE(claims().take("a"), nullptr);
}

TEST_F(Claiming, WaitsForASignOfLifeFromAnotherHost) {
  write("a.claim", R"({"host":"elsewhere","pid":1,"started":"1","number":1})");
  Claims mine = claims(Seconds(0.1));
  EXPECT_EQ(mine.take("a"), nullptr);  // first seen now, whatever its time says
  std::this_thread::sleep_for(Seconds(0.07));
  ::utimensat(AT_FDCWD, file("a.claim").c_str(), nullptr, 0);
  EXPECT_EQ(mine.take("a"), nullptr);  // it has moved
  std::this_thread::sleep_for(Seconds(0.07));
  EXPECT_EQ(mine.take("a"), nullptr);
  std::this_thread::sleep_for(Seconds(0.05));
  EXPECT_NE(mine.take("a"), nullptr);
}

TEST_F(Claiming, DoesNotTrustTheTimeOfAFileFromAnotherClock) {
  write("a.claim", R"({"host":"elsewhere","pid":1,"started":"1","number":1})");
  const std::array<timespec, 2> long_ago{{{1, 0}, {1, 0}}};
  ::utimensat(AT_FDCWD, file("a.claim").c_str(), long_ago.data(), 0);
  EXPECT_EQ(claims(Seconds(60)).take("a"), nullptr);
}

TEST_F(Claiming, ShowsSignsOfLife) {
  const auto claim = claims(Seconds(0.06)).take("a");
  const auto before = fs::last_write_time(file("a.claim"));
  std::this_thread::sleep_for(Seconds(0.1));
  EXPECT_GT(fs::last_write_time(file("a.claim")), before);
}

TEST_F(Claiming, IsLostWhenAnotherTookUsForDead) {
  const auto claim = claims().take("a");
  EXPECT_TRUE(claim->held());
  write("a.claim.2", "somebody");
  EXPECT_FALSE(claim->held());
}

TEST_F(Claiming, LeavesAloneWhatIsNotItsOwnAnyMore) {
  auto claim = claims().take("a");
  write("a.claim.2", "somebody");
  claim.reset();
  // Without the first the second would not be seen.
  EXPECT_TRUE(fs::exists(file("a.claim")));
  EXPECT_TRUE(fs::exists(file("a.claim.2")));
}

// Each child takes every job that it can get and says which by a byte in the job's file.
void take_all(const fs::path& folder, int rounds) {
  while (!fs::exists(folder / "go")) ::usleep(100);
  Claims claims(folder, kLong);
  for (int round = 0; round < rounds; ++round) {
    auto claim = claims.take(std::to_string(round));
    if (!claim) continue;
    std::ofstream(folder / ("won-" + std::to_string(round)), std::ios::app) << 'x';
    (void)claim.release();  // until the process ends
  }
}

TEST_F(Claiming, HasOneWinnerInEachOfAThousandRoundsAmongProcesses) {
  constexpr int kRounds = 1000, kChildren = 4;
  // Half of the jobs have been left by the dead, some of them by two.
  const pid_t dead = waiting_child([&] {
    Claims theirs = claims();
    for (int round = 0; round < kRounds; round += 2) {
      (void)theirs.take(std::to_string(round)).release();
    }
  });
  kill_and_bury(dead);
  const pid_t heir = waiting_child([&] {
    Claims theirs = claims();
    for (int round = 0; round < kRounds; round += 6) {
      (void)theirs.take(std::to_string(round)).release();
    }
  });
  kill_and_bury(heir);

  std::vector<std::array<int, 2>> done(kChildren);
  std::vector<pid_t> children;
  for (auto& pipe : done) {
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      take_all(folder.path(), kRounds);
      (void)!::write(pipe[1], "x", 1);
      for (;;) ::pause();
    }
    children.push_back(child);
  }
  write("go", "");
  char said = 0;
  for (const auto& pipe : done) EXPECT_EQ(::read(pipe[0], &said, 1), 1);
  for (const pid_t child : children) kill_and_bury(child);
  for (int round = 0; round < kRounds; ++round) {
    std::error_code none;
    EXPECT_EQ(fs::file_size(file("won-" + std::to_string(round)), none), 1U) << round;
  }
}

}  // namespace
}  // namespace zoetrope::batch
