#include <sstream>

#include "kernels/emulator/machine.h"

namespace emulator {

std::size_t Machine::barrier_offset(const void* address, Site site) {
  const std::optional<std::size_t> offset = shared_offset(address, 8);
  if (!offset || *offset >= shared_.bytes()) {
    report(Fault::kOutOfBounds, "mbarrier outside of the block's variables", site);
    stop();
  }
  if (*offset % 8 != 0) {
    report(Fault::kMisaligned, "mbarrier that does not begin at a multiple of 8", site);
    stop();
  }
  return *offset;
}

/// The barrier that the running thread uses. Whether it is initialised is not asked of its bits,
/// which could be anything.
Barrier& Machine::known_barrier(const void* address, Site site) {
  const auto known = barriers_.find(barrier_offset(address, site));
  if (known == barriers_.end()) {
    report(Fault::kUninitialised, "use of an mbarrier before its init", site);
    stop();
  }
  Barrier& barrier = known->second;
  if (!clocks_.ordered(barrier.initialised, actor(site))) {
    report(Fault::kRace, "use of an mbarrier not ordered after its init", site,
           barrier.initialised.site);
  }
  return barrier;
}

void Machine::init_barrier(void* address, unsigned count, Site site) {
  const std::size_t offset = barrier_offset(address, site);
  access(address, 8, Access::kWrite, site);
  if (count == 0) report(Fault::kBarrier, "init with a count of 0", site);
  if (barriers_.contains(offset)) report(Fault::kBarrier, "init of one that lives already", site);
  Barrier barrier;
  barrier.initialised = actor(site);
  barrier.count = barrier.pending = count;
  barrier.engine = clocks_.add_engine();
  barriers_[offset] = std::move(barrier);
}

void Machine::fence_barrier_init() {
  const Actor who = actor(0);
  for (auto& [offset, barrier] : barriers_) {
    const Actor& by = barrier.initialised;
    if (by.warp == who.warp && by.lane == who.lane) barrier.fenced = true;
  }
}

void Machine::arrive(void* address, unsigned expected_bytes, Site site) {
  maybe_preempt();
  Barrier& barrier = known_barrier(address, site);
  if (barrier.pending == 0) {
    report(Fault::kBarrier, "more arrivals in a phase than the count", site);
    return;
  }
  clocks_.release(current_->warp, barrier.arriving);
  barrier.bytes += expected_bytes;
  --barrier.pending;
  end_phase_if_complete(barrier);
}

void Machine::end_phase_if_complete(Barrier& barrier) {
  if (barrier.pending != 0 || barrier.bytes != 0) return;
  if (!barrier.landed.empty()) {
    const Actor landing{block_serial_, clocks_.epoch(barrier.engine),
                        static_cast<std::uint16_t>(barrier.engine), kAllLanes, 0};
    for (const BulkCopy& copy : barrier.landed) shared_.land(copy.offset, copy.bytes(), landing);
    barrier.landed.clear();
    clocks_.release(barrier.engine, barrier.arriving);
  }
  // Each phase's end knows of those before it: whoever arrived had seen them or came later.
  barrier.completed.resize(barrier.arriving.size());
  for (std::size_t i = 0; i < barrier.arriving.size(); ++i) {
    barrier.completed[i] = std::max(barrier.completed[i], barrier.arriving[i]);
  }
  barrier.arriving.clear();
  barrier.pending = barrier.count;
  ++barrier.phase;
  for (Thread* thread : barrier.waiting) make_ready(thread);
  barrier.waiting.clear();
}

void Machine::wait_barrier(void* address, unsigned parity, Site site) {
  sync_sites.insert(site);
  if (is_skipped(site)) return;
  maybe_preempt();
  Barrier& barrier = known_barrier(address, site);
  // As on a GPU, a phase that ended while this thread slept through the next one counts for
  // nothing.
  while (barrier.phase % 2 == parity) {
    current_->waits_for = "mbarrier";
    current_->waits_at = site;
    barrier.waiting.push_back(current_);
    yield();
  }
  clocks_.acquire(current_->warp, barrier.completed);
}

std::string Machine::describe_barriers() const {
  std::ostringstream text;
  for (const auto& [offset, barrier] : barriers_) {
    if (barrier.waiting.empty()) continue;
    text << "; the mbarrier at byte " << offset << " of shared memory lacks " << barrier.pending
         << " arrivals and " << barrier.bytes << " bytes";
  }
  return text.str();
}

// ---- The kernels' side ----

void init_barrier(void* barrier, unsigned count) {
  machine()->init_barrier(barrier, count, site_of(__builtin_return_address(0)));
}

void fence_barrier_init() { machine()->fence_barrier_init(); }

void arrive(void* barrier, unsigned expected_bytes) {
  machine()->arrive(barrier, expected_bytes, site_of(__builtin_return_address(0)));
}

void wait_barrier(void* barrier, unsigned parity) {
  machine()->wait_barrier(barrier, parity, site_of(__builtin_return_address(0)));
}

}  // namespace emulator
