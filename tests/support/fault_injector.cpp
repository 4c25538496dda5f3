// A library for LD_PRELOAD that counts a program's calls of the file system and makes one fail.
//
// FAULT_FOLDER   only calls on paths below this folder count, and standard error as `announce`
// FAULT_COUNTS   a file that gets "FAMILY CALLS" lines at the program's end
// FAULT_FAMILY   the family of the call that is to fail, FAULT_AT its number, from 1
// FAULT_ERROR    the errno that it fails with, "short" for a write of half of it, "kill" and "stop"
//                for SIGKILL and SIGTERM to the program before the call
// FAULT_LASTING  if set, so do all later calls of the family that would take room or change names
// FAULT_CLOCK    "CALLS:SECONDS": after so many calls of time() the clock of day jumps by that much
//
// Calls go to the kernel directly, past the C library's own functions that this one stands before.

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

namespace {

enum Family { kWrite, kSync, kRename, kOpen, kLink, kUnlink, kTruncate, kMkdir, kClose, kAnnounce };
constexpr const char* kNames[] = {"write",  "sync",     "rename", "open",  "link",
                                  "unlink", "truncate", "mkdir",  "close", "announce"};
constexpr int kFamilies = 10;

std::atomic<long> calls[kFamilies];
std::atomic<long> clock_calls;  // of time()

const char* setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool begins_with(const char* text, const char* start) {
  return std::strncmp(text, start, std::strlen(start)) == 0;
}

// Whether a path lies below FAULT_FOLDER; a relative one begins at an open folder.
bool concerns(int folder, const char* path) {
  const char* wanted = setting("FAULT_FOLDER");
  if (*wanted == '\0' || path == nullptr) return false;
  if (*path == '/') return begins_with(path, wanted);
  char link[64], start[PATH_MAX] = "", whole[2 * PATH_MAX];
  if (folder == AT_FDCWD) {
    std::snprintf(link, sizeof link, "/proc/self/cwd");
  } else {
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
  }
  if (::readlink(link, start, sizeof start - 1) < 0) return false;
  std::snprintf(whole, sizeof whole, "%s/%s", start, path);
  return begins_with(whole, wanted);
}

bool concerns(int descriptor) {
  char link[64], path[PATH_MAX] = "";
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  return ::readlink(link, path, sizeof path - 1) > 0 && concerns(AT_FDCWD, path);
}

enum class Verdict { kPass, kFail, kShorten };

// Counts a call, and says what becomes of it; errno is set where it is to fail.
Verdict judge(Family family) {
  const long number = ++calls[family];
  if (std::strcmp(setting("FAULT_FAMILY"), kNames[family]) != 0) return Verdict::kPass;
  const long wanted = std::atol(setting("FAULT_AT"));
  const bool lasting = *setting("FAULT_LASTING") != '\0';
  if (lasting ? number < wanted : number != wanted) return Verdict::kPass;
  const char* kind = setting("FAULT_ERROR");
  if (std::strcmp(kind, "kill") == 0) std::raise(SIGKILL);
  if (std::strcmp(kind, "stop") == 0) {
    ::kill(::getpid(), SIGTERM);
    return Verdict::kPass;
  }
  if (std::strcmp(kind, "short") == 0) return Verdict::kShorten;
  errno = std::atoi(kind);
  return Verdict::kFail;
}

bool fails(Family family, int folder, const char* path) {
  return concerns(folder, path) && judge(family) == Verdict::kFail;
}

bool fails(Family family, int descriptor) {
  return concerns(descriptor) && judge(family) == Verdict::kFail;
}

// Bytes that a write is to be given; -1 where it fails.
ssize_t room(int descriptor, size_t bytes) {
  const bool announces = descriptor == STDERR_FILENO;
  if (!announces && !concerns(descriptor)) return static_cast<ssize_t>(bytes);
  const Verdict verdict = judge(announces ? kAnnounce : kWrite);
  if (verdict == Verdict::kFail) return -1;
  const bool shorten = verdict == Verdict::kShorten && bytes > 1;
  return static_cast<ssize_t>(shorten ? bytes / 2 : bytes);
}

long open_at(int folder, const char* path, int flags, mode_t mode) {
  if ((flags & O_CREAT) != 0 && fails(kOpen, folder, path)) return -1;
  return ::syscall(SYS_openat, folder, path, flags, mode);
}

mode_t mode_of(int flags, va_list more) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
}

int rename_at(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  if (fails(kRename, to_folder, to)) return -1;
  return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

int unlink_at(int folder, const char* path, int flags) {
  if (fails(kUnlink, folder, path)) return -1;
  return static_cast<int>(::syscall(SYS_unlinkat, folder, path, flags));
}

int link_at(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  if (fails(kLink, to_folder, to)) return -1;
  return static_cast<int>(::syscall(SYS_linkat, from_folder, from, to_folder, to, flags));
}

// Seconds that the clock of day has jumped by now.
long jump() {
  const char* text = setting("FAULT_CLOCK");
  const char* colon = std::strchr(text, ':');
  return colon == nullptr || clock_calls <= std::atol(text) ? 0 : std::atol(colon + 1);
}

__attribute__((destructor)) void tell() {
  const char* path = setting("FAULT_COUNTS");
  if (*path == '\0') return;
  char text[512];
  int length = 0;
  for (int i = 0; i < kFamilies; ++i) {
    length += std::snprintf(text + length, sizeof text - static_cast<size_t>(length), "%s %ld\n",
                            kNames[i], calls[i].load());
  }
  const long file = ::syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  ::syscall(SYS_write, file, text, static_cast<size_t>(length));
  ::syscall(SYS_close, file);
}

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* data, size_t bytes) {
  const ssize_t most = room(descriptor, bytes);
  return most < 0 ? -1 : ::syscall(SYS_write, descriptor, data, static_cast<size_t>(most));
}

ssize_t pwrite(int descriptor, const void* data, size_t bytes, off_t offset) {
  const ssize_t most = room(descriptor, bytes);
  return most < 0 ? -1
                  : ::syscall(SYS_pwrite64, descriptor, data, static_cast<size_t>(most), offset);
}

ssize_t pwrite64(int descriptor, const void* data, size_t bytes, off_t offset) {
  return pwrite(descriptor, data, bytes, offset);
}

ssize_t writev(int descriptor, const struct iovec* pieces, int count) {
  if (count == 1) return write(descriptor, pieces->iov_base, pieces->iov_len);
  if (room(descriptor, 2) < 0) return -1;
  return ::syscall(SYS_writev, descriptor, pieces, count);
}

int fsync(int descriptor) {
  return fails(kSync, descriptor) ? -1 : static_cast<int>(::syscall(SYS_fsync, descriptor));
}

int fdatasync(int descriptor) {
  return fails(kSync, descriptor) ? -1 : static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return static_cast<int>(open_at(AT_FDCWD, path, flags, mode));
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return static_cast<int>(open_at(AT_FDCWD, path, flags, mode));
}

int openat(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return static_cast<int>(open_at(folder, path, flags, mode));
}

int openat64(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = mode_of(flags, more);
  va_end(more);
  return static_cast<int>(open_at(folder, path, flags, mode));
}

// The descriptor is closed either way, as Linux does it.
int close(int descriptor) {
  const bool failing = fails(kClose, descriptor);
  const int why = errno;
  const int status = static_cast<int>(::syscall(SYS_close, descriptor));
  if (!failing) return status;
  errno = why;
  return -1;
}

int rename(const char* from, const char* to) { return rename_at(AT_FDCWD, from, AT_FDCWD, to, 0); }

int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  return rename_at(from_folder, from, to_folder, to, 0);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  return rename_at(from_folder, from, to_folder, to, flags);
}

int link(const char* from, const char* to) { return link_at(AT_FDCWD, from, AT_FDCWD, to, 0); }

int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  return link_at(from_folder, from, to_folder, to, flags);
}

int unlink(const char* path) { return unlink_at(AT_FDCWD, path, 0); }

int unlinkat(int folder, const char* path, int flags) { return unlink_at(folder, path, flags); }

// libstdc++'s own of std::filesystem::remove: a file, else an empty folder.
int remove(const char* path) {
  const int status = unlink_at(AT_FDCWD, path, 0);
  return status != 0 && errno == EISDIR ? unlink_at(AT_FDCWD, path, AT_REMOVEDIR) : status;
}

int mkdir(const char* path, mode_t mode) {
  if (fails(kMkdir, AT_FDCWD, path)) return -1;
  return static_cast<int>(::syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

int ftruncate(int descriptor, off_t bytes) {
  if (fails(kTruncate, descriptor)) return -1;
  return static_cast<int>(::syscall(SYS_ftruncate, descriptor, bytes));
}

int ftruncate64(int descriptor, off_t bytes) { return ftruncate(descriptor, bytes); }

int fallocate(int descriptor, int mode, off_t offset, off_t bytes) {
  if (fails(kTruncate, descriptor)) return -1;
  return static_cast<int>(::syscall(SYS_fallocate, descriptor, mode, offset, bytes));
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  const int status = static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
  if (status == 0 && clock == CLOCK_REALTIME) now->tv_sec += jump();
  return status;
}

time_t time(time_t* copy) {
  struct timespec now {};
  ++clock_calls;
  clock_gettime(CLOCK_REALTIME, &now);
  if (copy != nullptr) *copy = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(struct timeval* now, void* /*zone*/) {
  struct timespec precise {};
  clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

}  // extern "C"
