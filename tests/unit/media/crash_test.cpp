#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/expect_error.h"
#include "support/temporary_folder.h"
#include "unit/media/clips.h"

namespace zoetrope {
namespace {

constexpr VideoFormat kFormat = {64, 48, {16, 1}};

// Runs `body` in a child process; its return value is the exit status.
pid_t in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  return child;
}

int status_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

// A child that writes `frames` frames to `options`, says so through a pipe and waits to be killed.
void write_and_kill(const VideoFileOptions& options, int frames) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = in_child([&] {
    const auto file = open_video_file(options, kFormat);
    for (int i = 0; i < frames; ++i) file->write(test::moving_frame(64, 48, i).view());
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // the queue drains
    (void)!::write(ready[1], "x", 1);
    ::pause();
    return 0;
  });
  char said = 0;
  ASSERT_EQ(::read(ready[0], &said, 1), 1);
  ::close(ready[0]);
  ::close(ready[1]);
  ::kill(child, SIGKILL);
  EXPECT_TRUE(WIFSIGNALED(status_of(child)));
}

TEST(Crash, LeavesAPartThatPlaysAndNoFinishedFile) {
  for (const char* name : {"a.mp4", "b.mov", "c.mkv"}) {
    const test::TemporaryFolder folder;
    VideoFileOptions options;
    options.path = folder.path() / name;
    write_and_kill(options, 160);
    const std::string part = std::string(name) + ".part";
    EXPECT_EQ(test::names_in(folder.path()), std::vector<std::string>{part});
    // Up to 2 s of the encoder's lookahead and one unfinished second may be missing.
    const int frames = std::stoi("0" + test::probe(folder.path() / part, "stream=nb_read_frames"));
    EXPECT_GE(frames, 160 - 4 * 16) << name;
    RecordProperty(std::string("frames_") + name[0], frames);

    // The next run is not in its way.
    test::write_clip(options, kFormat, 3);
    EXPECT_EQ(test::probe(options.path, "stream=nb_read_frames"), "3");
    EXPECT_EQ(test::names_in(folder.path()),
              (std::vector<std::string>{name, std::string(name) + ".json"}));
  }
}

TEST(Crash, KeepsASecondProcessOffTheSameFile) {
  const test::TemporaryFolder folder;
  VideoFileOptions options;
  options.path = folder.path() / "a.mp4";
  const auto first = open_video_file(options, kFormat);
  EXPECT_ERROR(open_video_file(options, kFormat), ErrorCode::kResource,
               "another process is writing");
  EXPECT_EQ(test::names_in(folder.path()), std::vector<std::string>{"a.mp4.part"});
}

TEST(Crash, DoesNotFollowALinkLaidInThePartsPlace) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "precious") << "kept";
  std::filesystem::create_symlink("precious", folder.path() / "a.mp4.part");
  VideoFileOptions options;
  options.path = folder.path() / "a.mp4";
  EXPECT_ERROR(open_video_file(options, kFormat), ErrorCode::kResource, "a.mp4.part");
  EXPECT_EQ(test::bytes_of(folder.path() / "precious"), "kept");
}

// Writes noise until it fails, and says what was wrong with the failure; empty if nothing was.
std::string fault_when_full(const std::filesystem::path& path, const char* reason) {
  VideoFileOptions options;
  options.path = path;
  std::string message;
  try {
    const auto file = open_video_file(options, {128, 96, {16, 1}});
    for (unsigned i = 0; i < 400; ++i) file->write(test::noise_frame(128, 96, i).view());
    file->finish();
    return "nothing was thrown";
  } catch (const Error& error) {
    message = error.what();
    if (error.code() != ErrorCode::kResource) return "another code: " + message;
  }
  if (message.find("write " + path.parent_path().string()) != 0) return "no path: " + message;
  if (message.find(reason) == message.npos) return "no reason: " + message;
  for (const std::string& name : test::names_in(path.parent_path())) return "left behind: " + name;
  return "";
}

TEST(FullDisk, IsOneSentenceAndLeavesNothingWhereverItHappens) {
  // A limit on file sizes stands for a full disk at every stage: from the header to the last
  // write of the final copy.
  const test::TemporaryFolder folder;
  for (const rlim_t limit : {100U, 20'000U, 300'000U, 1'000'000U}) {
    for (const char* name : {"a.mp4", "c.mkv", "d.webm", "e.gif", "%04d.png"}) {
      if (limit > 20'000 && name[0] == '%') continue;  // no single frame gets that large
      const int status = status_of(in_child([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit bound = {limit, limit};
        ::setrlimit(RLIMIT_FSIZE, &bound);
        const std::string fault = fault_when_full(folder.path() / name, "File too large");
        if (!fault.empty()) std::cerr << name << " at " << limit << ": " << fault << "\n";
        return fault.empty() ? 0 : 1;
      }));
      EXPECT_EQ(status, 0) << name << " at " << limit;
    }
  }
}

TEST(FullDisk, ForTheFinalCopyLeavesNoTraceOfIt) {
  // The limit lies between the size of the .part and that of the final copy, which carries a
  // long recipe.
  const test::TemporaryFolder folder;
  const int status = status_of(in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit bound = {60'000, 60'000};
    ::setrlimit(RLIMIT_FSIZE, &bound);
    VideoFileOptions options;
    options.path = folder.path() / "a.mp4";
    try {
      const auto file = open_video_file(options, kFormat);
      for (int i = 0; i < 5; ++i) file->write(test::moving_frame(64, 48, i).view());
      file->set_recipe({"{\"prompt\":\"" + std::string(100'000, 'x') + "\"}", {}});
      file->finish();
      return 1;
    } catch (const Error& error) {
      const bool named = std::string(error.what()).find("File too large") != std::string::npos;
      return named && test::names_in(folder.path()).empty() ? 0 : 2;
    }
  }));
  EXPECT_EQ(status, 0);
}

TEST(FullDisk, ForTheSidecarAloneLeavesNoClipWithoutIt) {
  // A GIF carries no recipe; only its sidecar is as long as that.
  const test::TemporaryFolder folder;
  const int status = status_of(in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit bound = {60'000, 60'000};
    ::setrlimit(RLIMIT_FSIZE, &bound);
    VideoFileOptions options;
    options.path = folder.path() / "a.gif";
    try {
      const auto file = open_video_file(options, kFormat);
      for (int i = 0; i < 5; ++i) file->write(test::moving_frame(64, 48, i).view());
      file->set_recipe({"{\"prompt\":\"" + std::string(100'000, 'x') + "\"}", {}});
      file->finish();
      return 1;
    } catch (const Error& error) {
      return std::string(error.what()).find("a.gif.json") != std::string::npos ? 0 : 2;
    }
  }));
  EXPECT_EQ(status, 0);
  EXPECT_EQ(test::names_in(folder.path()), std::vector<std::string>{});
}

TEST(FullDisk, OfOneMebibyteIsReportedAndLeftEmpty) {
  const test::TemporaryFolder folder;
  if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "mounting a 1 MiB tmpfs: " << std::strerror(errno) << " (needs root)";
  }
  for (const char* name : {"a.mp4", "c.mkv", "e.gif", "%04d.png"}) {
    EXPECT_EQ(fault_when_full(folder.path() / name, "No space left on device"), "") << name;
  }
  EXPECT_EQ(::umount2(folder.path().c_str(), MNT_DETACH), 0);
}

}  // namespace
}  // namespace zoetrope
