#include "batch/job_record.h"

#include <system_error>

#include <sys/stat.h>

#include "core/files.h"
#include "core/json.h"
#include "core/sha256.h"

namespace zoetrope::batch {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostBytes = 16 << 20;

// What says that a clip is whole: its sidecar, or a mark of ours.
fs::path end_of(const BatchJob& job, const fs::path& records) {
  return job.video.metadata ? fs::path(job.video.path.string() + ".json")
                            : records / (job.id + ".done");
}

fs::path failure_of(const BatchJob& job, const fs::path& records) {
  return records / (job.id + ".failed");
}

// Which file this is: one that replaced it has another number, or was written at another time.
// Empty if it is not there.
std::string mark_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "";
  return path.filename().string() + " " + std::to_string(status.st_ino) + " " +
         std::to_string(status.st_mtim.tv_sec) + " " + std::to_string(status.st_mtim.tv_nsec);
}

std::optional<Json> read_json(const fs::path& path) {
  if (!is_there(path)) return std::nullopt;
  try {
    return Json::parse(read_text_file(path, kMostBytes), path.string());
  } catch (const Error&) {
    return std::nullopt;  // not ours
  }
}

// Frames by their numbers have no file of the clip's name; they were synced before its sidecar.
bool has_size(const fs::path& path, const Json& file) {
  if (path.filename().string().find('%') != std::string::npos) return true;
  const Json* bytes = file.find("bytes");
  std::error_code missing;
  const auto size = fs::file_size(path, missing);
  return !missing && bytes != nullptr && bytes->is_integer() &&
         bytes->as_integer("") == static_cast<std::int64_t>(size);
}

}  // namespace

fs::path records_of(const fs::path& output_dir) { return output_dir / ".zoetrope"; }

bool has_end(const BatchJob& job, const fs::path& records) {
  return is_there(end_of(job, records));
}

bool is_finished(const BatchJob& job, const fs::path& records,
                 const std::function<Recipe()>& recipe) {
  const auto end = read_json(end_of(job, records));
  if (!end) return false;
  const Json* file = end->find("file");
  if (file == nullptr || !has_size(job.video.path, *file)) return false;
  if (job.video.metadata) {
    const Json* found = end->find("recipe");
    return found != nullptr && found->dump() == recipe().json;
  }
  const Json* hash = end->find("recipe_sha256");
  return hash != nullptr && hash->is_string() && hash->as_string("") == sha256_of(recipe().json);
}

void mark_finished(const BatchJob& job, const fs::path& records, const Recipe& recipe) {
  std::error_code none;  // of frames by their numbers
  const auto size = fs::file_size(job.video.path, none);
  Json file, json;
  file.set("bytes", none ? std::int64_t{0} : static_cast<std::int64_t>(size));
  // Not the recipe itself: no trace of it was asked for.
  json.set("recipe_sha256", sha256_of(recipe.json));
  json.set("file", std::move(file));
  write_file_atomically(end_of(job, records), json.dump() + "\n");
}

void mark_failed(const BatchJob& job, const fs::path& records, const Failure& failure) {
  Json json;
  json.set("code", static_cast<int>(failure.code));
  json.set("message", failure.message);
  write_file_atomically(failure_of(job, records), json.dump() + "\n");
}

FailureMarks failure_marks(const fs::path& records) {
  FailureMarks marks;
  std::error_code unknown;
  for (const auto& entry : fs::directory_iterator(records, unknown)) {
    if (entry.path().extension() == ".failed") marks.insert(mark_of(entry.path()));
  }
  return marks;
}

std::optional<Failure> failure_since(const FailureMarks& before, const BatchJob& job,
                                     const fs::path& records) {
  const fs::path path = failure_of(job, records);
  const std::string mark = mark_of(path);
  if (mark.empty() || before.count(mark) > 0) return std::nullopt;
  const auto json = read_json(path);
  if (!json || json->find("code") == nullptr || json->find("message") == nullptr) {
    return std::nullopt;
  }
  return Failure{static_cast<ErrorCode>(json->find("code")->as_integer("")),
                 json->find("message")->as_string("")};
}

void forget_failure(const BatchJob& job, const fs::path& records) {
  std::error_code none;
  fs::remove(failure_of(job, records), none);
  fs::remove(failure_of(job, records).string() + ".part", none);
}

}  // namespace zoetrope::batch
