#include "media/part_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zoetrope/error.h"

namespace zoetrope::media {
namespace {

constexpr int kFlags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;

// Whether the name still leads to the file that is open.
bool same_file(int descriptor, const std::filesystem::path& path) {
  struct stat open_file {
  }, named_file{};
  return ::fstat(descriptor, &open_file) == 0 && ::lstat(path.c_str(), &named_file) == 0 &&
         open_file.st_ino == named_file.st_ino && open_file.st_dev == named_file.st_dev &&
         S_ISREG(open_file.st_mode);
}

// Removes what a dead process left. The lock says whether it is dead. Returns an errno.
int remove_stale(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), kFlags);
  if (descriptor < 0) return errno;
  int status = 0;
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    status = errno;
  } else if (!same_file(descriptor, path)) {
    status = EEXIST;
  } else if (::unlink(path.c_str()) != 0) {
    status = errno;
  }
  ::close(descriptor);
  return status;
}

// Returns 0, or -1 with errno. File systems without RENAME_NOREPLACE get the next best.
int rename_new(const char* from, const char* to) {
  if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  if (::access(to, F_OK) == 0) {
    errno = EEXIST;
    return -1;
  }
  return ::rename(from, to);
}

}  // namespace

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

void move_into_place(const std::filesystem::path& part, const std::filesystem::path& target,
                     bool overwrite) {
  const int status =
      overwrite ? ::rename(part.c_str(), target.c_str()) : rename_new(part.c_str(), target.c_str());
  if (status == 0) return;
  const bool appeared = !overwrite && errno == EEXIST;
  throw Error(appeared ? ErrorCode::kUsage : ErrorCode::kResource,
              "write " + target.string() + ": " +
                  (appeared ? "it appeared while the clip was being made (it is not replaced "
                              "without overwrite)"
                            : std::string("rename: ") + std::strerror(errno)));
}

PartFile::PartFile(std::filesystem::path path, std::filesystem::path target)
    : path_(std::move(path)), target_(std::move(target)) {
  constexpr int kBufferBytes = 1 << 16;
  auto* buffer = allocated(static_cast<unsigned char*>(av_malloc(kBufferBytes)));
  // FFmpeg 7 made the callback's data const; a generic lambda fits either.
  const auto write = [](void* opaque, auto* data, int bytes) {
    return write_some(opaque, data, bytes);
  };
  io_.reset(avio_alloc_context(buffer, kBufferBytes, /*write_flag=*/1, this, nullptr, write, seek));
  open_locked();
}

PartFile::~PartFile() {
  if (descriptor_ < 0) return;
  if (!path_.empty() && same_file(descriptor_, path_)) ::unlink(path_.c_str());
  ::close(descriptor_);
}

void PartFile::open_locked() {
  descriptor_ = ::open(path_.c_str(), kFlags | O_CREAT | O_EXCL, 0644);
  if (descriptor_ < 0 && errno == EEXIST) {
    const int status = remove_stale(path_);
    if (status == EWOULDBLOCK || status == EEXIST) {
      fail("another process is writing " + path_.string());
    }
    if (status != 0) fail("can't replace " + path_.string() + ": " + std::strerror(status));
    descriptor_ = ::open(path_.c_str(), kFlags | O_CREAT | O_EXCL, 0644);
  }
  if (descriptor_ < 0) fail("can't create " + path_.string() + ": " + std::strerror(errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 || !same_file(descriptor_, path_)) {
    ::close(std::exchange(descriptor_, -1));
    fail("another process is writing " + path_.string());
  }
}

void PartFile::fail(const std::string& found) const {
  throw Error(ErrorCode::kResource, "write " + target_.string() + ": " + found);
}

int PartFile::check(int status) {
  if (status >= 0 && io_->error < 0) status = io_->error;
  if (error_ != 0) fail(std::strerror(error_));
  return check_av(status, "write " + target_.string());
}

void PartFile::write(const void* data, std::size_t bytes) {
  avio_write(io_.get(), static_cast<const unsigned char*>(data), static_cast<int>(bytes));
  avio_flush(io_.get());
  check(0);
}

std::uint64_t PartFile::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) fail(std::strerror(errno));
  return static_cast<std::uint64_t>(status.st_size);
}

void PartFile::sync() {
  avio_flush(io_.get());
  check(0);
  if (::fsync(descriptor_) != 0) fail(std::string("sync: ") + std::strerror(errno));
}

void PartFile::keep() {
  sync();
  path_.clear();
}

void PartFile::publish(bool overwrite) {
  move_into_place(path_, target_, overwrite);
  path_.clear();
}

int PartFile::write_some(void* opaque, const std::uint8_t* data, int bytes) {
  auto& self = *static_cast<PartFile*>(opaque);
  for (int done = 0; done < bytes;) {
    const ssize_t count =
        ::write(self.descriptor_, data + done, static_cast<std::size_t>(bytes - done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      if (self.error_ == 0) self.error_ = errno;
      return AVERROR(errno);
    }
    done += static_cast<int>(count);
  }
  return bytes;
}

std::int64_t PartFile::seek(void* opaque, std::int64_t offset, int whence) {
  auto& self = *static_cast<PartFile*>(opaque);
  if ((whence & AVSEEK_SIZE) != 0) {
    struct stat status {};
    return ::fstat(self.descriptor_, &status) == 0 ? status.st_size : AVERROR(errno);
  }
  const off_t at = ::lseek(self.descriptor_, offset, whence & ~AVSEEK_FORCE);
  return at < 0 ? AVERROR(errno) : at;
}

}  // namespace zoetrope::media
