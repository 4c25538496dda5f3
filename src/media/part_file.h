#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "media/av.h"

namespace zoetrope::media {

/// A file in the making next to its final place, with an exclusive lock for as long as it lives.
/// Removed on destruction unless it was renamed.
class PartFile {
 public:
  /// Creates `path` (O_EXCL, O_NOFOLLOW). One that a dead process left is replaced; one that a
  /// living process holds is an Error(kResource). `target` is what messages call the file.
  PartFile(std::filesystem::path path, std::filesystem::path target);
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile();

  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path& target() const { return target_; }

  /// What libav writes through.
  AVIOContext* io() { return io_.get(); }

  /// Throws Error(kResource) "write TARGET: reason" if `status` or any earlier write failed. The
  /// system's own reason goes before FFmpeg's.
  int check(int status);

  void write(const void* data, std::size_t bytes);
  std::uint64_t size() const;

  void sync();

  /// Syncs the file and leaves it under its own name.
  void keep();

  /// Renames the file to the target.
  void publish(bool overwrite);

 private:
  void open_locked();
  [[noreturn]] void fail(const std::string& found) const;
  static int write_some(void* opaque, const std::uint8_t* data, int bytes);
  static std::int64_t seek(void* opaque, std::int64_t offset, int whence);

  std::filesystem::path path_, target_;
  int descriptor_ = -1;
  int error_ = 0;  // errno of the first write that failed
  IoPtr io_;
};

/// Renames. Throws Error(kUsage) if `target` has appeared and may not be replaced, else
/// Error(kResource); `target` is then unchanged.
void move_into_place(const std::filesystem::path& part, const std::filesystem::path& target,
                     bool overwrite);

/// The folder of a file, "." if its path names none.
std::filesystem::path folder_of(const std::filesystem::path& path);

}  // namespace zoetrope::media
