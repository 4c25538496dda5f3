#include "batch/journal.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "core/files.h"
#include "zoetrope/error.h"

namespace zoetrope::batch {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

// "render-07-4711": a host may be called what a file can't.
std::string name_of_self() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::string name = host.data();
  for (char& letter : name) {
    if (letter == '/') letter = '_';
  }
  return name + "-" + std::to_string(::getpid());
}

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

[[noreturn]] void fail(const fs::path& path, int error) {
  throw Error(ErrorCode::kResource, "write " + path.string() + ": " + std::strerror(error));
}

}  // namespace

Journal::Journal(const fs::path& folder)
    : path_(folder / ("journal-" + name_of_self() + ".jsonl")) {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (descriptor_ < 0) fail(path_, errno);
  bytes_ = ::lseek(descriptor_, 0, SEEK_END);
  reserve();
  // A process with our number may have died here in the middle of a line.
  char last = '\n';
  if (bytes_ > 0) (void)!::pread(descriptor_, &last, 1, bytes_ - 1);
  if (last != '\n') append("\n");
  record("worker", {{"pid", static_cast<std::int64_t>(::getpid())}});
}

Journal::~Journal() { ::close(descriptor_); }

// Room is set aside, so that a full disk can still be told of. Where that can't be done, it isn't.
void Journal::reserve() {
  constexpr std::int64_t kRoom = 64 << 10;
  if (bytes_ + kRoom / 2 <= reserved_) return;
  reserved_ = bytes_ + kRoom;
  ::fallocate(descriptor_, FALLOC_FL_KEEP_SIZE, bytes_, kRoom);
}

void Journal::append(const std::string& text) {
  const int error = write_all(descriptor_, text);
  if (error != 0) fail(path_, error);
  bytes_ += static_cast<std::int64_t>(text.size());
  reserve();
}

void Journal::record(const std::string& event, const Json::Object& members) {
  mention(event, members);
  if (::fdatasync(descriptor_) != 0) fail(path_, errno);
}

void Journal::mention(const std::string& event, const Json::Object& members) {
  Json json;
  json.set("time", now_text());
  json.set("event", event);
  for (const auto& [key, value] : members) json.set(key, value);
  append(json.dump() + "\n");
}

std::vector<Json> read_journals(const fs::path& folder) {
  std::vector<Json> records;
  std::error_code unknown;
  for (const auto& entry : fs::directory_iterator(folder, unknown)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("journal-") || !name.ends_with(".jsonl")) continue;
    const std::string text = read_text_file(entry.path(), kMostBytes);
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos;
         at = end + 1) {
      try {
        Json json = Json::parse(std::string_view(text).substr(at, end - at), name);
        if (json.is_object()) records.push_back(std::move(json));
      } catch (const Error&) {
        continue;  // the line in which its worker died
      }
    }
  }
  return records;
}

}  // namespace zoetrope::batch
