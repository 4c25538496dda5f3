#include <algorithm>
#include <cstring>

#include "kernels/emulator/machine.h"

namespace emulator {
namespace {

// Static variables keep this distance, so that running past one meets no other.
constexpr std::size_t kGap = 128;

const char* describe(bool shared, Access kind, const char* what) {
  // Reports keep the pointer: the few texts there are live as long as the program.
  static std::set<std::string> texts;
  const char* verb = kind == Access::kRead ? "read" : kind == Access::kWrite ? "write" : "atomic";
  return texts.insert(std::string(shared ? "shared " : "global ") + verb + " " + what)
      .first->c_str();
}

}  // namespace

Actor Machine::actor(Site site) const {
  Actor actor;
  actor.block = block_serial_;
  actor.warp = static_cast<std::uint16_t>(current_->warp);
  actor.epoch = clocks_.epoch(current_->warp);
  actor.lane = static_cast<std::uint8_t>(current_->lane);
  actor.site = site;
  return actor;
}

/// Nothing where the address is not one of shared memory, kArenaBytes where it is but the block has
/// no variable there.
std::optional<std::size_t> Machine::shared_offset(const void* address, unsigned bytes) const {
  const auto offset =
      reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(arena_);
  if (offset >= kArenaBytes) return std::nullopt;
  if (offset + bytes <= shape_.dynamic_shared_bytes) return offset;
  for (const auto& [key, begin_end] : statics_) {
    const auto [begin, end] = begin_end;
    if (begin <= offset && offset + bytes <= end) return offset;
  }
  return kArenaBytes;
}

bool Machine::may_read_unchecked(const void* address) const {
  const auto offset = static_cast<const char*>(address) - static_cast<const char*>(closure_);
  const bool argument = offset >= 0 && static_cast<std::size_t>(offset) < closure_bytes_;
  return argument || is_image(address);
}

void Machine::access(const void* address, unsigned bytes, Access kind, Site site) {
  if (is_own_stack(address)) {
    if (!current_->accumulators.empty()) access_own(address, site);
    return;
  }
  const std::optional<std::size_t> offset = shared_offset(address, bytes);
  const bool shared = offset.has_value();
  if (!shared && kind == Access::kRead && may_read_unchecked(address)) return;
  if (kind != Access::kAtomic) maybe_preempt();

  Conflict conflict{Fault::kOutOfBounds, 0, "outside of the block's variables"};
  const Actor who = actor(site);
  const std::uintptr_t place = shared ? *offset : reinterpret_cast<std::uintptr_t>(address);
  bool found = true;
  if (!shared) {
    found = global.note(address, bytes, kind, who, clocks_, conflict);
  } else if (*offset < shared_.bytes()) {
    found = shared_.note(*offset, bytes, kind, who, clocks_, conflict);
  }
  if (place % bytes != 0) {
    report(Fault::kMisaligned,
           describe(shared, kind, "at an address that its width does not divide"), site);
    stop();
  }
  if (found) {
    report(conflict.fault, describe(shared, kind, conflict.what), site, conflict.other);
    if (conflict.fault == Fault::kOutOfBounds || conflict.fault == Fault::kReadOnly) stop();
  }
  if (options.statistics) {
    traffics.count({site, shared, kind != Access::kRead}, who, place, bytes,
                   warps_[who.warp].existing);
  }
}

void Machine::warp_read(const void* address, unsigned bytes, Site site) {
  const std::optional<std::size_t> offset = shared_offset(address, bytes);
  if (!offset || *offset >= shared_.bytes()) {
    report(Fault::kOutOfBounds, "ldmatrix of a row outside of the block's variables", site);
    stop();
  }
  if (*offset % bytes != 0) {
    report(Fault::kMisaligned, "ldmatrix of a row that does not begin at a multiple of 16", site);
    stop();
  }
  Actor who = actor(site);
  who.lane = kAllLanes;
  note_shared(*offset, bytes, Access::kRead, who);
}

void Machine::note_shared(std::size_t offset, unsigned bytes, Access kind, const Actor& actor) {
  Conflict conflict{};
  if (!shared_.note(offset, bytes, kind, actor, clocks_, conflict)) return;
  report(conflict.fault, describe(true, kind, conflict.what), actor.site, conflict.other);
}

void* Machine::static_shared(const void* key, std::size_t bytes, std::size_t alignment, Site site) {
  const auto known = statics_.find(key);
  if (known != statics_.end()) return arena_ + known->second.first;
  const std::size_t align = std::max<std::size_t>(alignment, 16);
  const std::size_t begin = (shared_.bytes() + kGap + align - 1) / align * align;
  if (begin + bytes > options.shared_limit) {
    report(Fault::kLaunch, "more shared memory than a block may use", site);
    stop();
  }
  shared_.grow(begin + bytes);
  std::memset(arena_ + begin, 0xff, bytes);
  statics_[key] = {begin, begin + bytes};
  static_bytes_ += bytes;
  shared_high = std::max(shared_high, shape_.dynamic_shared_bytes + static_bytes_);
  return arena_ + begin;
}

// ---- Asynchronous copies ----

bool Machine::copies_land_early() {
  if (options.copies == CopyTiming::kRandom) return random_() % 2 == 0;
  return options.copies == CopyTiming::kEarly;
}

void Machine::issue_copy(void* shared, const void* from, unsigned bytes, unsigned source_bytes,
                         Site site) {
  const std::optional<std::size_t> offset = shared_offset(shared, bytes);
  if (!offset || *offset >= shared_.bytes()) {
    report(Fault::kOutOfBounds, "copy to outside of the block's variables", site);
    stop();
  }
  if (source_bytes != 0) access(from, source_bytes, Access::kRead, site);
  access(shared, bytes, Access::kWrite, site);
  const Copy copy{*offset, bytes, source_bytes, from};
  shared_.depart(copy.offset, bytes, actor(site));
  std::memset(shared, 0xff, bytes);
  if (copies_land_early()) deliver(copy);
  current_->open_group.push_back(copy);
}

void Machine::deliver(const Copy& copy) {
  unsigned char* to = arena_ + copy.offset;
  if (copy.source_bytes != 0) std::memcpy(to, copy.source, copy.source_bytes);
  std::memset(to + copy.source_bytes, 0, copy.bytes - copy.source_bytes);
}

void Machine::commit_copies() {
  current_->groups.push_back(std::move(current_->open_group));
  current_->open_group.clear();
}

void Machine::wait_copies(unsigned pending, Site site) {
  sync_sites.insert(site);
  if (is_skipped(site)) return;
  maybe_preempt();
  while (current_->groups.size() > pending) {
    for (const Copy& copy : current_->groups.front()) {
      deliver(copy);
      shared_.land(copy.offset, copy.bytes, actor(site));
    }
    current_->groups.pop_front();
  }
}

}  // namespace emulator
