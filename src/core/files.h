#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace zoetrope {

/// An open file for reading at offsets; closed on destruction. Only regular files are opened
/// (a FIFO or a device would block or never end).
class InputFile {
 public:
  /// Throws Error(kCorrupt) "open PATH: …" if it is missing, unreadable or not a regular file.
  explicit InputFile(const std::filesystem::path& path);
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile();

  std::uint64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }

  /// Reads exactly `bytes` at `offset`. Throws Error(kCorrupt) when the file ends before.
  /// Safe to call from several threads.
  void read_at(std::uint64_t offset, void* destination, std::uint64_t bytes) const;

 private:
  std::filesystem::path path_;
  int descriptor_;
  std::uint64_t size_ = 0;
};

/// Whether there is something at `path`, be it a dangling link or unreadable: opening it says what
/// is wrong with it. Never throws.
bool is_there(const std::filesystem::path& path);

/// A whole small file. Throws Error(kCorrupt) if it is larger than `max_bytes`.
std::string read_text_file(const std::filesystem::path& path, std::uint64_t max_bytes);

/// A file written piece by piece that is never seen half written: it is PATH.part until commit().
/// Without commit() nothing is left behind. Throws Error(kResource).
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(std::string_view content);

  /// Syncs and closes the file: what commit() still does then takes no room on the disk.
  void seal();

  /// Seals the file, renames it to PATH, replacing what is there, and syncs the folder.
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path part_;  ///< empty once it is renamed
  int descriptor_ = -1;
};

/// Writes PATH.part, syncs it, renames it to PATH and syncs the folder, so that PATH is never
/// seen half written. Replaces an existing PATH. Throws Error(kResource), leaving nothing behind.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// Writes all of it, however little the system takes at once. Returns 0, or the errno that ended
/// it.
int write_all(int descriptor, std::string_view content);

/// fsync on a file or a folder. Throws Error(kResource).
void sync_path(const std::filesystem::path& path);

/// Bytes that an unprivileged user may still write to the file system of `folder`.
std::uint64_t free_bytes(const std::filesystem::path& folder);

}  // namespace zoetrope
