#include "core/files.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "zoetrope/error.h"

namespace zoetrope {
namespace {

[[noreturn]] void fail(ErrorCode code, const std::string& attempt,
                       const std::filesystem::path& path, const std::string& found) {
  throw Error(code, attempt + " " + path.string() + ": " + found);
}

std::string reason() { return std::strerror(errno); }

}  // namespace

InputFile::InputFile(const std::filesystem::path& path) : path_(path) {
  // O_NONBLOCK: opening a FIFO must not wait for somebody to write to it.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) fail(ErrorCode::kCorrupt, "open", path, reason());
  struct stat status {};
  const bool known = ::fstat(descriptor_, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    fail(ErrorCode::kCorrupt, "open", path, "not a regular file");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(other.descriptor_), size_(other.size_) {
  other.descriptor_ = -1;
}

InputFile::~InputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void InputFile::read_at(std::uint64_t offset, void* destination, std::uint64_t bytes) const {
  auto* at = static_cast<char*>(destination);
  while (bytes > 0) {
    const ssize_t count = ::pread(descriptor_, at, bytes, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(ErrorCode::kCorrupt, "read", path_, reason());
    if (count == 0) {
      fail(ErrorCode::kCorrupt, "read", path_,
           "the file ends at byte " + std::to_string(offset) + ", " + std::to_string(bytes) +
               " bytes too early (it was cut, or changed while being read)");
    }
    at += count;
    offset += static_cast<std::uint64_t>(count);
    bytes -= static_cast<std::uint64_t>(count);
  }
}

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto status = std::filesystem::symlink_status(path, ignored);
  return status.type() != std::filesystem::file_type::not_found;
}

std::string read_text_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const InputFile file(path);
  if (file.size() > max_bytes) {
    fail(ErrorCode::kCorrupt, "read", path,
         std::to_string(file.size()) + " bytes (at most " + std::to_string(max_bytes) + ")");
  }
  std::string text(file.size(), '\0');
  file.read_at(0, text.data(), text.size());
  return text;
}

AtomicFile::AtomicFile(std::filesystem::path path)
    : path_(std::move(path)), part_(path_.string() + ".part") {
  descriptor_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (descriptor_ < 0) fail(ErrorCode::kResource, "create", part_, reason());
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!part_.empty()) ::unlink(part_.c_str());
}

void AtomicFile::write(std::string_view content) {
  const int error = write_all(descriptor_, content);
  if (error != 0) fail(ErrorCode::kResource, "write", part_, std::strerror(error));
}

void AtomicFile::seal() {
  if (descriptor_ < 0) return;
  if (::fsync(descriptor_) != 0) fail(ErrorCode::kResource, "sync", part_, reason());
  const int closed = ::close(descriptor_);
  descriptor_ = -1;
  if (closed != 0) fail(ErrorCode::kResource, "close", part_, reason());
}

void AtomicFile::commit() {
  seal();
  if (::rename(part_.c_str(), path_.c_str()) != 0) {
    fail(ErrorCode::kResource, "rename", part_, reason());
  }
  part_.clear();
  const auto folder = path_.parent_path();
  sync_path(folder.empty() ? "." : folder);
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

int write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

void sync_path(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(ErrorCode::kResource, "sync", path, reason());
  const int status = ::fsync(descriptor);
  const std::string why = reason();
  ::close(descriptor);
  if (status != 0) fail(ErrorCode::kResource, "sync", path, why);
}

std::uint64_t free_bytes(const std::filesystem::path& folder) {
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0) {
    fail(ErrorCode::kResource, "ask for the free space of", folder, reason());
  }
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

}  // namespace zoetrope
