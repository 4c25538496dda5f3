#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/expect_error.h"
#include "support/prompt_text.h"
#include "support/temporary_folder.h"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// jobs/shots.jsonl, jobs/inside/a.png, and a.png outside of jobs/.
class PromptStills : public testing::Test {
 protected:
  PromptStills() {
    fs::create_directories(jobs() / "inside");
    write(jobs() / "inside/a.png", "inside");
    write(root() / "a.png", "outside");
  }

  const fs::path& root() const { return folder_.path(); }
  fs::path jobs() const { return root() / "jobs"; }
  static void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

  std::vector<BatchJob> read(const std::string& image, const fs::path& confine = {}) const {
    write(jobs() / "shots.jsonl", "{\"prompt\": \"a\", \"image\": \"" + image + "\"}\n");
    return read_prompt_file(jobs() / "shots.jsonl", {}, {.confine = confine});
  }

  // The fault of a job with this still; empty if there is none.
  std::string fault(const std::string& image, const fs::path& confine = {}) const {
    try {
      (void)read(image, confine);
    } catch (const PromptFileError& error) {
      return error.faults().size() == 1 ? error.faults().front() : error.what();
    }
    return "";
  }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(PromptStills, AreFoundFromThePromptFilesFolder) {
  EXPECT_EQ(read("inside/a.png").at(0).request.image, jobs() / "inside/a.png");
  EXPECT_EQ(read(root() / "a.png").at(0).request.image, root() / "a.png");
  EXPECT_THAT(fault("a.png"), HasSubstr("shots.jsonl:1: image: 'a.png': open "));
}

TEST_F(PromptStills, CountByTheirContentInAnId) {
  const std::string id = read("inside/a.png").at(0).id;
  write(jobs() / "b.png", "inside");
  EXPECT_EQ(read("b.png").at(0).id, id);
  write(jobs() / "b.png", "another");
  EXPECT_NE(read("b.png").at(0).id, id);
}

TEST_F(PromptStills, AreRegularFiles) {
  ASSERT_EQ(mkfifo((jobs() / "pipe").c_str(), 0600), 0);
  for (const char* path : {"pipe", "inside", "/dev/zero", ""}) {
    EXPECT_NE(fault(path), "") << path;
  }
}

TEST_F(PromptStills, StayWhereTheyAreConfined) {
  fs::create_symlink(root() / "a.png", jobs() / "link.png");
  fs::create_symlink("link.png", jobs() / "link2.png");
  fs::create_directory_symlink(root(), jobs() / "up");
  fs::create_symlink("loop.png", jobs() / "loop.png");
  fs::create_symlink("nowhere/../../a.png", jobs() / "dangling.png");
  const std::string absolute = root() / "a.png";
  for (const std::string& path :
       {std::string("../a.png"), absolute, std::string("inside/../../a.png"),
        std::string("link.png"), std::string("link2.png"), std::string("up/a.png"),
        std::string("up/jobs/../a.png"), std::string("./.././a.png"), std::string("/dev/null")}) {
    EXPECT_THAT(fault(path, jobs()), HasSubstr("lies outside")) << path;
  }
  EXPECT_NE(fault("loop.png", jobs()), "");
  EXPECT_NE(fault("dangling.png", jobs()), "");
  EXPECT_NE(fault("../jobsmore/a.png", jobs()), "");
}

TEST_F(PromptStills, MayTakeAnyWayThatEndsInside) {
  fs::create_directory_symlink("inside", jobs() / "link");
  fs::create_directory_symlink(jobs(), root() / "also");
  const std::string found = fs::canonical(jobs() / "inside/a.png");
  for (const char* path :
       {"inside/a.png", "inside/../inside/a.png", "link/a.png", "../jobs/link/a.png"}) {
    EXPECT_EQ(read(path, jobs()).at(0).request.image, found) << path;
    EXPECT_EQ(read(path, root() / "also").at(0).request.image, found) << path;
  }
}

TEST_F(PromptStills, OfTheDefaultsAreConfinedToo) {
  JobDefaults defaults;
  defaults.request.image = root() / "a.png";
  write(jobs() / "shots.txt", "a\n");
  EXPECT_EQ(read_prompt_file(jobs() / "shots.txt", defaults, {}).at(0).request.image,
            defaults.request.image);
  EXPECT_ERROR(read_prompt_file(jobs() / "shots.txt", defaults, {.confine = jobs()}),
               ErrorCode::kUsage, "lies outside");
  EXPECT_ERROR(read_prompt_file(jobs() / "shots.txt", {}, {.confine = root() / "a.png"}),
               ErrorCode::kUsage, "no such folder");
}

}  // namespace
}  // namespace zoetrope
