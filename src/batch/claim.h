#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace zoetrope::batch {

/// One process among all that share a file system.
struct Worker {
  std::string host;  ///< its name, boot and process namespace: processes of one host see each other
  std::int64_t pid = 0;
  std::string started;  ///< by the kernel's count, since process numbers come again

  static Worker self();
};

/// A job that is ours until this is destroyed. Its file is touched now and then as a sign of life.
class Claim {
 public:
  Claim(std::filesystem::path first, int generation, std::chrono::duration<double> beat);
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim();

  /// False if another worker took us for dead: the job is then not ours any more.
  bool held() const;

 private:
  void beat();

  std::filesystem::path first_;
  int generation_;
  std::chrono::duration<double> pause_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;
};

/// Claims jobs by files in a folder that all workers share, without locks of the file system, which
/// are not the same everywhere. A claim is a file that only one can create: ID.claim. That of a
/// dead worker stays, and who takes the job over creates the next generation beside it, ID.claim.2,
/// which again only one can. A claim is free when all its generations are dead.
class Claims {
 public:
  /// A claim of another host is dead when it wasn't touched for `stale`, by our own steady clock:
  /// clocks of other machines, and jumps of ours, mean nothing.
  Claims(std::filesystem::path folder, std::chrono::duration<double> stale);

  /// The job, or nothing if another worker that may be alive has it. What the job still needs is to
  /// be looked at after this. Throws Error(kResource) if the folder can't be written to.
  std::unique_ptr<Claim> take(const std::string& id);

  /// Whether somebody, alive or dead, has the job.
  bool any(const std::string& id) const;

 private:
  struct Seen {
    std::int64_t touched_ns = 0;
    std::chrono::steady_clock::time_point since;
  };

  bool is_dead(const std::filesystem::path& path, const std::string& content);
  bool is_silent(const std::filesystem::path& path, std::chrono::duration<double> enough);

  std::filesystem::path folder_;
  std::chrono::duration<double> stale_;
  Worker self_;
  std::int64_t taken_ = 0;
  std::map<std::string, Seen> seen_;
};

}  // namespace zoetrope::batch
