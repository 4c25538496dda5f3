#include <algorithm>
#include <cstring>

#include "kernels/emulator/machine.h"

namespace emulator {
namespace {

constexpr int kBoxColumns = kBoxRowBytes / 2;

/// What of row `row` of the box exists: where it begins in the box's row, where it lies, how long.
struct RowPart {
  std::size_t begin = 0, bytes = 0;
  const char* source = nullptr;
};

RowPart existing_part(const BulkCopy& copy, unsigned box_row) {
  const BoxedMatrix& m = copy.matrix;
  const std::int64_t row = std::int64_t{copy.row} + box_row;
  const std::int64_t first = std::max(copy.column, 0);
  const std::int64_t end = std::min<std::int64_t>(std::int64_t{copy.column} + kBoxColumns,
                                                  static_cast<std::int64_t>(m.columns));
  if (row < 0 || row >= static_cast<std::int64_t>(m.rows) || first >= end) return {};
  const auto offset = static_cast<std::size_t>(row) * m.pitch + static_cast<std::size_t>(first) * 2;
  return {static_cast<std::size_t>(first - copy.column) * 2,
          static_cast<std::size_t>(end - first) * 2, static_cast<const char*>(m.data) + offset};
}

}  // namespace

void Machine::check_box_source(const BulkCopy& copy, Site site) {
  for (unsigned r = 0; r < copy.matrix.box_rows; ++r) {
    const RowPart part = existing_part(copy, r);
    if (part.bytes == 0) continue;
    Conflict conflict{};
    if (!global.note(part.source, static_cast<unsigned>(part.bytes), Access::kRead, actor(site),
                     clocks_, conflict)) {
      continue;
    }
    report(conflict.fault, "bulk copy from memory that is not there, or not ready", site,
           conflict.other);
    stop();
  }
}

void Machine::issue_box(void* shared, const BoxedMatrix& matrix, int column, int row,
                        void* barrier_address, Site site) {
  maybe_preempt();
  const Barrier& barrier = known_barrier(barrier_address, site);
  if (!barrier.fenced) {
    report(Fault::kRace, "bulk copy with an mbarrier whose init was not fenced", site,
           barrier.initialised.site);
  }
  BulkCopy copy;
  copy.matrix = matrix;
  copy.column = column;
  copy.row = row;
  copy.barrier = barrier_offset(barrier_address, site);
  const std::optional<std::size_t> offset = shared_offset(shared, copy.bytes());
  if (!offset || *offset >= shared_.bytes()) {
    report(Fault::kOutOfBounds, "bulk copy to outside of the block's variables", site);
    stop();
  }
  if (*offset % kBoxRowBytes != 0) {
    report(Fault::kMisaligned, "bulk copy to where no multiple of 128 is", site);
    stop();
  }
  copy.offset = *offset;
  check_box_source(copy, site);
  // The engine writes when it likes from here on: whoever issues it must know of all users.
  check_fenced(copy.offset, copy.bytes(), site);
  note_shared(copy.offset, copy.bytes(), Access::kWrite, actor(site));
  shared_.depart(copy.offset, copy.bytes(), actor(site));
  std::memset(shared, 0xff, copy.bytes());
  boxes_.push_back(copy);
  if (copies_land_early()) {
    boxes_.pop_back();
    deliver(copy);
  }
}

void Machine::deliver(const BulkCopy& copy) {
  for (unsigned r = 0; r < copy.matrix.box_rows; ++r) {
    unsigned char bytes[kBoxRowBytes] = {};
    const RowPart part = existing_part(copy, r);
    if (part.bytes != 0) std::memcpy(bytes + part.begin, part.source, part.bytes);
    const std::size_t row = copy.offset + std::size_t{r} * kBoxRowBytes;
    for (std::size_t chunk = 0; chunk < 8; ++chunk) {
      const std::size_t swizzled = row + 16 * (chunk ^ (row / kBoxRowBytes % 8));
      std::memcpy(arena_ + swizzled, bytes + 16 * chunk, 16);
    }
  }
  Barrier& barrier = barriers_.at(copy.barrier);
  barrier.bytes -= copy.bytes();
  barrier.landed.push_back(copy);
  end_phase_if_complete(barrier);
}

/// One of those on their way, when no thread can run; false if there is none.
bool Machine::deliver_a_box() {
  if (boxes_.empty()) return false;
  const std::size_t pick =
      options.copies == CopyTiming::kRandom ? random_() % boxes_.size() : std::size_t{0};
  const BulkCopy copy = boxes_[pick];
  boxes_.erase(boxes_.begin() + static_cast<std::ptrdiff_t>(pick));
  deliver(copy);
  return true;
}

/// A block that ends gives its shared memory away, under the copies that still write it.
void Machine::check_boxes_were_waited_for() {
  bool unfinished = false;
  for (const auto& [offset, barrier] : barriers_) {
    std::uint32_t known = 0;
    for (unsigned w = 0; w < warps_.size(); ++w) {
      known = std::max(known, clocks_.known(w, barrier.engine));
    }
    unfinished = unfinished || !barrier.landed.empty() || known + 1 < clocks_.epoch(barrier.engine);
  }
  if (!unfinished) return;
  report(Fault::kUnfinishedCopy, "a block ended with bulk copies that it never waited for", 0);
}

// ---- The kernels' side ----

void copy_box(void* shared, const BoxedMatrix& matrix, int column, int row, void* barrier) {
  machine()->issue_box(shared, matrix, column, row, barrier, site_of(__builtin_return_address(0)));
}

}  // namespace emulator
