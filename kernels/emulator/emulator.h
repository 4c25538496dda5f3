#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// Executes CUDA C++ kernels on the CPU and reports what a GPU would let pass in silence.
/// README.md says how a kernel is built for it and what it sees; device.h is the kernels' side.
namespace emulator {

/// In which order the threads of a block run, and blocks after one another.
enum class Schedule {
  kNatural,    // whoever became ready first
  kReversed,   // whoever became ready last: one warp runs as far ahead as it can
  kShuffled,   // at random; blocks too
  kPreempted,  // at random, and threads lose the CPU in the midst of what they do
};

/// When the bytes of an asynchronous copy land: a GPU may do it at any time up to the wait.
enum class CopyTiming { kLate, kEarly, kRandom };

enum class Fault {
  kRace,            // two accesses, one of them a write, that nothing orders
  kInFlight,        // access to the destination of an asynchronous copy before its wait
  kUninitialised,   // read of bytes that nobody wrote
  kOutOfBounds,     // access outside of what was allowed
  kReadOnly,        // write to an input
  kMisaligned,      // address not a multiple of the access's width
  kDivergence,      // lanes or threads meet at different synchronisations
  kDeadlock,        // nobody can run
  kShuffleSource,   // shuffle from a lane that does not take part
  kUnfinishedCopy,  // asynchronous copies that nobody waited for
  kProxy,           // a plain write that bulk copies and wgmma may not see yet
  kBarrier,         // an mbarrier that is initialised twice, or comes to more than it counts
  kLaunch,          // grid, block or shared memory that no GPU takes
};

const char* name_of(Fault fault);

struct Report {
  Fault fault;
  std::string text;  // what happened, with file:line of all who took part
};

/// What a kernel may do with a range of global memory.
enum class Use {
  kInput,   // read
  kOutput,  // write, then read what was written
  kInOut,   // read and write
};

/// Requests of whole warps that one source line made.
struct Traffic {
  std::string where;  // file:line
  bool shared;        // shared memory, counted in bank wavefronts; else global, in 32-byte sectors
  bool write;
  std::uint64_t requests;
  std::uint64_t transactions;  // wavefronts or sectors
  std::uint64_t ideal;         // the fewest that could move these bytes
};

struct Options {
  Schedule schedule = Schedule::kNatural;
  CopyTiming copies = CopyTiming::kLate;
  unsigned seed = 1;
  std::string skipped_sync;  // "file:line" of a barrier or wait to leave out, as sync_sites() says
  bool statistics = false;
  std::size_t shared_limit =
      std::size_t{227} * 1024;  // bytes a block may use; 99 KiB on sm_86, sm_89, sm_120
};

/// While one lives, kernels launched by this process run in it. One at a time, on one thread.
class Emulation {
 public:
  explicit Emulation(const Options& options = {});
  ~Emulation();
  Emulation(const Emulation&) = delete;
  Emulation& operator=(const Emulation&) = delete;

  /// Global memory that kernels may use. All else is out of bounds.
  void allow(const void* begin, std::size_t bytes, Use use);

  /// What went wrong, each pair of source lines once. Empty is good.
  std::vector<Report> reports() const;

  /// "file:line" of each barrier and wait that was passed.
  std::vector<std::string> sync_sites() const;

  /// Needs Options::statistics.
  std::vector<Traffic> traffic() const;

  /// Largest shared memory of a block so far, in bytes.
  std::size_t shared_bytes() const;
};

}  // namespace emulator
