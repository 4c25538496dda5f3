#include "kernels/emulator/shadow.h"

#include <algorithm>

namespace emulator {

namespace {

void raise(Clocks::Row& row, const Clocks::Row& to) {
  if (row.size() < to.size()) row.resize(to.size());
  for (std::size_t i = 0; i < to.size(); ++i) row[i] = std::max(row[i], to[i]);
}

}  // namespace

void Clocks::reset(unsigned warps) {
  warps_ = warps;
  rows_.assign(warps, Row(warps, 0));
  for (unsigned w = 0; w < warps; ++w) advance(w);
}

unsigned Clocks::add_engine() {
  const auto engine = static_cast<unsigned>(rows_.size());
  rows_.emplace_back();
  for (Row& row : rows_) row.resize(rows_.size());
  advance(engine);
  return engine;
}

void Clocks::join_all() {
  Row all;
  for (unsigned w = 0; w < warps_; ++w) raise(all, rows_[w]);
  for (unsigned w = 0; w < warps_; ++w) {
    rows_[w] = all;
    advance(w);
  }
}

void Clocks::release(unsigned one, Row& row) {
  raise(row, rows_[one]);
  advance(one);
}

void Clocks::acquire(unsigned one, const Row& row) { raise(rows_[one], row); }

void SharedShadow::reset(unsigned warps) {
  warps_ = warps;
  cells_.clear();
  readers_.clear();
}

void SharedShadow::grow(std::size_t bytes) {
  cells_.resize((bytes + kCellBytes - 1) / kCellBytes);
  readers_.resize(cells_.size() * warps_);
}

bool SharedShadow::conflicts(std::size_t index, Access kind, const Actor& actor,
                             const Clocks& clocks, Conflict& conflict) const {
  const Cell& cell = cells_[index];
  if (cell.in_flight) {
    conflict = {Fault::kInFlight, cell.writer.site, "before the copy was waited for"};
    return true;
  }
  if (kind != Access::kWrite && !cell.written) {
    conflict = {Fault::kUninitialised, 0, "of bytes that nobody wrote"};
    return true;
  }
  if (kind != Access::kRead && cell.held != 0) {
    conflict = {Fault::kInFlight, cell.reader_site,
                "of what a wgmma reads that was not waited for"};
    return true;
  }
  const bool both_atomic = kind == Access::kAtomic && cell.atomic;
  if (cell.written && !both_atomic && !clocks.ordered(cell.writer, actor)) {
    conflict = {Fault::kRace, cell.writer.site, "not ordered after the write"};
    return true;
  }
  if (kind == Access::kRead) return false;
  const std::uint32_t* readers = &readers_[index * warps_];
  for (unsigned w = 0; w < warps_; ++w) {
    if (readers[w] == 0) continue;
    Actor reader{actor.block, readers[w] / 64, static_cast<std::uint16_t>(w),
                 static_cast<std::uint8_t>(readers[w] % 64), cell.reader_site};
    if (clocks.ordered(reader, actor)) continue;
    conflict = {Fault::kRace, cell.reader_site, "not ordered after the read"};
    return true;
  }
  return false;
}

bool SharedShadow::note(std::size_t offset, unsigned bytes, Access kind, const Actor& actor,
                        const Clocks& clocks, Conflict& conflict) {
  bool found = false;
  const std::size_t last = (offset + bytes - 1) / kCellBytes;
  for (std::size_t index = offset / kCellBytes; index <= last; ++index) {
    found = found || conflicts(index, kind, actor, clocks, conflict);
    Cell& cell = cells_[index];
    std::uint32_t* readers = &readers_[index * warps_];
    if (kind == Access::kRead) {
      std::uint32_t& reader = readers[actor.warp];
      const bool joined = reader / 64 == actor.epoch && reader % 64 != actor.lane;
      reader = actor.epoch * 64 + (joined ? kAllLanes : actor.lane);
      cell.reader_site = actor.site;
      continue;
    }
    cell.writer = actor;
    cell.written = true;
    cell.in_flight = false;
    cell.atomic = kind == Access::kAtomic;
    std::fill(readers, readers + warps_, 0U);
  }
  return found;
}

void SharedShadow::depart(std::size_t offset, unsigned bytes, const Actor& actor) {
  for (std::size_t i = offset / kCellBytes; i < (offset + bytes) / kCellBytes; ++i) {
    cells_[i].writer = actor;
    cells_[i].in_flight = true;
  }
}

void SharedShadow::land(std::size_t offset, unsigned bytes, const Actor& actor) {
  for (std::size_t i = offset / kCellBytes; i < (offset + bytes) / kCellBytes; ++i) {
    const Site issued_at = cells_[i].writer.site;
    cells_[i].writer = actor;
    cells_[i].writer.site = issued_at;
    cells_[i].in_flight = false;
    cells_[i].written = true;
  }
}

void SharedShadow::hold(std::size_t offset, unsigned bytes, int more) {
  for (std::size_t i = offset / kCellBytes; i < (offset + bytes) / kCellBytes; ++i) {
    cells_[i].held = static_cast<std::uint16_t>(cells_[i].held + more);
  }
}

void GlobalShadow::allow(const void* begin, std::size_t bytes, Use use) {
  Range range;
  range.begin = reinterpret_cast<std::uintptr_t>(begin);
  range.end = range.begin + bytes;
  range.use = use;
  if (use != Use::kInput) range.cells.resize((range.begin % kCellBytes + bytes + 1) / kCellBytes);
  for (Cell& cell : range.cells) cell.written = use == Use::kInOut;
  const auto after = std::upper_bound(
      ranges_.begin(), ranges_.end(), range.begin,
      [](std::uintptr_t address, const Range& other) { return address < other.begin; });
  ranges_.insert(after, std::move(range));
}

GlobalShadow::Range* GlobalShadow::find(std::uintptr_t begin, unsigned bytes) {
  const auto holds = [&](const Range& range) {
    return range.begin <= begin && begin + bytes <= range.end;
  };
  if (last_ < ranges_.size() && holds(ranges_[last_])) return &ranges_[last_];
  const auto after = std::upper_bound(
      ranges_.begin(), ranges_.end(), begin,
      [](std::uintptr_t address, const Range& range) { return address < range.begin; });
  if (after == ranges_.begin() || !holds(*(after - 1))) return nullptr;
  last_ = static_cast<std::size_t>(after - ranges_.begin()) - 1;
  return &ranges_[last_];
}

bool GlobalShadow::conflicts(const Cell& cell, Access kind, const Actor& actor,
                             const Clocks& clocks, Conflict& conflict) const {
  if (kind != Access::kWrite && !cell.written) {
    conflict = {Fault::kUninitialised, 0, "of output that nobody wrote"};
    return true;
  }
  const bool both_atomic = kind == Access::kAtomic && cell.atomic;
  if (cell.writer.site != 0 && !both_atomic && !ordered(cell.writer, actor, clocks)) {
    conflict = {Fault::kRace, cell.writer.site, "not ordered after the write"};
    return true;
  }
  if (kind == Access::kRead || cell.reader.site == 0) return false;
  const bool other_blocks = cell.more_readers && cell.reader.block >= first_block_;
  if (!other_blocks && ordered(cell.reader, actor, clocks)) return false;
  conflict = {Fault::kRace, cell.reader.site, "not ordered after the read"};
  return true;
}

bool GlobalShadow::note(const void* address, unsigned bytes, Access kind, const Actor& actor,
                        const Clocks& clocks, Conflict& conflict) {
  const auto begin = reinterpret_cast<std::uintptr_t>(address);
  Range* range = find(begin, bytes);
  if (range == nullptr) {
    conflict = {Fault::kOutOfBounds, 0, "outside of all memory that the kernel may use"};
    return true;
  }
  if (range->use == Use::kInput) {
    if (kind == Access::kRead) return false;
    conflict = {Fault::kReadOnly, 0, "to an input"};
    return true;
  }
  bool found = false;
  const std::uintptr_t origin = range->begin / kCellBytes;
  for (auto i = begin / kCellBytes; i <= (begin + bytes - 1) / kCellBytes; ++i) {
    Cell& cell = range->cells[i - origin];
    found = found || conflicts(cell, kind, actor, clocks, conflict);
    if (kind == Access::kRead) {
      const bool same_launch = cell.reader.site != 0 && cell.reader.block >= first_block_;
      cell.more_readers = same_launch && (cell.more_readers || cell.reader.block != actor.block);
      cell.reader = actor;
      continue;
    }
    cell.writer = actor;
    cell.written = true;
    cell.atomic = kind == Access::kAtomic;
    cell.reader = {};
    cell.more_readers = false;
  }
  return found;
}

}  // namespace emulator
