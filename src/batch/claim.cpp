#include "batch/claim.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/files.h"
#include "core/json.h"
#include "zoetrope/error.h"

namespace zoetrope::batch {
namespace {

namespace fs = std::filesystem;
using Seconds = std::chrono::duration<double>;

constexpr int kMostBytes = 4096;
// A worker that died between creating its claim and writing who it is: nobody takes so long.
constexpr Seconds kBirth{10};

std::string first_line(const fs::path& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

// Fields of /proc/PID/stat from the third on; empty if there is no such process. Source: proc(5).
std::vector<std::string> fields_of(std::int64_t pid) {
  const std::string line = first_line("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = line.rfind(')');  // the name before it may hold anything
  std::istringstream rest(name_end == std::string::npos ? "" : line.substr(name_end + 1));
  return {std::istream_iterator<std::string>(rest), {}};
}

// When a process began, in the kernel's ticks; empty if it is dead.
std::string start_of(std::int64_t pid) {
  constexpr std::size_t kState = 0, kThreads = 17, kStart = 19;
  const auto fields = fields_of(pid);
  if (fields.size() <= kStart) return "";
  // Killed, and not yet asked about by its parent. While it has other threads, they may still hold
  // its files.
  if (fields[kState] == "Z" && (fields[kThreads] == "0" || fields[kThreads] == "1")) return "";
  return fields[kStart];
}

fs::path generation_of(const fs::path& first, int generation) {
  return generation == 1 ? first : fs::path(first.string() + "." + std::to_string(generation));
}

// Nothing if the file is not there.
std::optional<std::string> content_of(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return std::nullopt;
  std::string content(kMostBytes, '\0');
  const ssize_t count = ::read(descriptor, content.data(), content.size());
  ::close(descriptor);
  content.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return content;
}

// False if somebody was faster.
bool create(const fs::path& path, const std::string& content) {
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (descriptor < 0 && errno == EEXIST) return false;
  const int error = descriptor < 0 ? errno : write_all(descriptor, content);
  if (descriptor >= 0) ::close(descriptor);
  if (error == 0) return true;
  if (descriptor >= 0) ::unlink(path.c_str());
  throw Error(ErrorCode::kResource,
              "claim a job by " + path.string() + ": " + std::strerror(error));
}

}  // namespace

Worker Worker::self() {
  char name[256] = "";
  ::gethostname(name, sizeof(name) - 1);
  std::error_code unknown;
  Worker worker;
  worker.pid = ::getpid();
  worker.host = std::string(name) + " " + first_line("/proc/sys/kernel/random/boot_id") + " " +
                fs::read_symlink("/proc/self/ns/pid", unknown).string();
  worker.started = start_of(worker.pid);
  return worker;
}

Claim::Claim(fs::path first, int generation, Seconds beat)
    : first_(std::move(first)),
      generation_(generation),
      pause_(beat),
      thread_([this] { this->beat(); }) {}

Claim::~Claim() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
  if (!held()) return;
  // The first one last would let a claim of the second generation live without it.
  for (int i = 1; i <= generation_; ++i) ::unlink(generation_of(first_, i).c_str());
}

bool Claim::held() const {
  return ::access(generation_of(first_, generation_).c_str(), F_OK) == 0 &&
         ::access(generation_of(first_, generation_ + 1).c_str(), F_OK) != 0;
}

void Claim::beat() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, pause_, [this] { return ending_; })) {
    ::utimensat(AT_FDCWD, generation_of(first_, generation_).c_str(), nullptr, 0);
  }
}

Claims::Claims(fs::path folder, Seconds stale)
    : folder_(std::move(folder)), stale_(stale), self_(Worker::self()) {}

bool Claims::is_silent(const fs::path& path, Seconds enough) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return false;  // just released
  constexpr std::int64_t kSecond_ns = 1'000'000'000;
  const std::int64_t touched = status.st_mtim.tv_sec * kSecond_ns + status.st_mtim.tv_nsec;
  const auto now = std::chrono::steady_clock::now();
  const auto [entry, is_new] = seen_.try_emplace(path.string(), Seen{touched, now});
  Seen& seen = entry->second;
  if (seen.touched_ns != touched) seen = {touched, now};
  return now - seen.since >= enough;
}

bool Claims::is_dead(const fs::path& path, const std::string& content) {
  std::string host, started;
  std::int64_t pid = 0;
  try {
    const Json json =
        Json::parse(content, path.string(), {.max_bytes = kMostBytes, .max_depth = 2});
    const auto member = [&](const char* key) { return json.find(key) ? *json.find(key) : Json(); };
    host = member("host").as_string("");
    pid = member("pid").as_integer("");
    started = member("started").as_string("");
  } catch (const Error&) {
    return is_silent(path, kBirth);
  }
  if (host == self_.host) return start_of(pid) != started;
  return is_silent(path, stale_);
}

bool Claims::any(const std::string& id) const {
  return ::access((folder_ / (id + ".claim")).c_str(), F_OK) == 0;
}

std::unique_ptr<Claim> Claims::take(const std::string& id) {
  const fs::path first = folder_ / (id + ".claim");
  std::vector<std::string> dead;
  while (const auto content = content_of(generation_of(first, static_cast<int>(dead.size()) + 1))) {
    if (!is_dead(generation_of(first, static_cast<int>(dead.size()) + 1), *content)) return nullptr;
    dead.push_back(*content);
  }
  Json json;
  json.set("host", self_.host);
  json.set("pid", self_.pid);
  json.set("started", self_.started);
  json.set("number", ++taken_);  // so that no two claims are alike
  const int generation = static_cast<int>(dead.size()) + 1;
  if (!create(generation_of(first, generation), json.dump() + "\n")) return nullptr;

  // While we looked, the job may have been released and claimed anew: then its first generation is
  // alive again, and ours is none.
  for (int i = 1; i < generation; ++i) {
    if (content_of(generation_of(first, i)) == dead[static_cast<std::size_t>(i) - 1]) continue;
    ::unlink(generation_of(first, generation).c_str());
    return nullptr;
  }
  constexpr int kBeats = 6;
  return std::make_unique<Claim>(first, generation, stale_ / kBeats);
}

}  // namespace zoetrope::batch
