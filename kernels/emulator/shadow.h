#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/emulator/device.h"
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/site.h"

namespace emulator {

constexpr unsigned kCellBytes = 2;  // neighbouring bytes of a pair count as one
constexpr unsigned kLanes = 32;
constexpr unsigned kAllLanes = 63;  // as a lane: the warp as a whole

/// Who accesses, and when: epochs count the synchronisations of a warp.
struct Actor {
  std::uint32_t block = 0;  // counted over all launches
  std::uint32_t epoch = 0;
  std::uint16_t warp = 0;
  std::uint8_t lane = 0;
  Site site = 0;
};

/// What each warp of a block knows of the others: clock(w, u) is the newest epoch of warp u that
/// happened before what warp w does now. Only barriers teach; shuffles and mma do not. Behind the
/// warps come the engines: what an mbarrier's bulk copies do is known to those alone who wait for
/// it.
class Clocks {
 public:
  using Row = std::vector<std::uint32_t>;  // what one knows of each

  void reset(unsigned warps);
  /// The number of a new engine.
  unsigned add_engine();
  std::uint32_t epoch(unsigned one) const { return rows_[one][one]; }
  std::uint32_t known(unsigned one, unsigned other) const { return rows_[one][other]; }
  void advance(unsigned one) { ++rows_[one][one]; }
  void join_all();
  /// Adds to `row` what `one` knows and did; what it does from now on is not in it.
  void release(unsigned one, Row& row);
  void acquire(unsigned one, const Row& row);
  /// Whether what `then` did happened before what `now` does, both of this block.
  bool ordered(const Actor& then, const Actor& now) const {
    if (then.warp != now.warp) return then.epoch <= known(now.warp, then.warp);
    return then.epoch < now.epoch || (then.lane == now.lane && then.lane != kAllLanes);
  }

 private:
  unsigned warps_ = 0;
  std::vector<Row> rows_;
};

/// A finding: what, and whose earlier access was met (site 0: nobody's).
struct Conflict {
  Fault fault;
  Site other = 0;
  const char* what = "";
};

/// The shared memory of the running block.
class SharedShadow {
 public:
  void reset(unsigned warps);
  /// Memory up to `bytes` exists from now on, never written.
  void grow(std::size_t bytes);
  std::size_t bytes() const { return cells_.size() * kCellBytes; }

  /// Notes an access of [offset, offset + bytes); true if `conflict` was filled.
  bool note(std::size_t offset, unsigned bytes, Access kind, const Actor& actor,
            const Clocks& clocks, Conflict& conflict);
  /// Marks the destination of a copy that `actor` issued, and that it has landed.
  void depart(std::size_t offset, unsigned bytes, const Actor& actor);
  void land(std::size_t offset, unsigned bytes, const Actor& actor);
  /// Counts the wgmmas that read these bytes when they like: nobody may write them.
  void hold(std::size_t offset, unsigned bytes, int more);
  /// Of the first of these bytes.
  const Actor& writer(std::size_t offset) const { return cells_[offset / kCellBytes].writer; }

 private:
  struct Cell {
    Actor writer;
    Site reader_site = 0;
    bool written = false, in_flight = false, atomic = false;
    std::uint16_t held = 0;
  };
  bool conflicts(std::size_t cell, Access kind, const Actor& actor, const Clocks& clocks,
                 Conflict& conflict) const;

  unsigned warps_ = 0;
  std::vector<Cell> cells_;
  std::vector<std::uint32_t> readers_;  // [cell][warp]: epoch * 64 + lane; 0 is nobody
};

/// Global memory that a kernel may use. Blocks of one launch are not ordered, those of an earlier
/// launch are. Of readers the last one is remembered, and whether there were other blocks.
class GlobalShadow {
 public:
  void allow(const void* begin, std::size_t bytes, Use use);
  void begin_launch(std::uint32_t first_block) { first_block_ = first_block; }
  /// As SharedShadow::note.
  bool note(const void* address, unsigned bytes, Access kind, const Actor& actor,
            const Clocks& clocks, Conflict& conflict);

 private:
  struct Cell {
    Actor writer, reader;
    bool written = false, atomic = false, more_readers = false;
  };
  struct Range {
    std::uintptr_t begin = 0, end = 0;
    Use use = Use::kInput;
    std::vector<Cell> cells;  // empty for inputs, to which nobody writes
  };
  Range* find(std::uintptr_t begin, unsigned bytes);
  bool conflicts(const Cell& cell, Access kind, const Actor& actor, const Clocks& clocks,
                 Conflict& conflict) const;
  bool ordered(const Actor& then, const Actor& now, const Clocks& clocks) const {
    return then.block < first_block_ || (then.block == now.block && clocks.ordered(then, now));
  }

  std::vector<Range> ranges_;  // by address
  std::size_t last_ = 0;
  std::uint32_t first_block_ = 0;
};

}  // namespace emulator
