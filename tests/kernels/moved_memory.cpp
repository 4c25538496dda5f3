#include "kernels/moved_memory.h"

#include <algorithm>

namespace zoetrope::kernels::test {
namespace {

// Rows of one tensor are closer than this, in all tests. Regions begin and end as far from what
// they hold, so that pointers to rows that a run leaves out are still of its region.
constexpr std::ptrdiff_t kNear = 64 * 1024;
constexpr std::uintptr_t kAlignment = 256;

}  // namespace

MovedMemory::MovedMemory(Memory memory, Place place)
    : memory_(std::move(memory)), place_(std::move(place)) {
  std::vector<Memory::Span> spans = memory_.spans();
  std::sort(spans.begin(), spans.end(),
            [](const auto& a, const auto& b) { return a.begin < b.begin; });
  for (const Memory::Span& span : spans) {
    if (regions_.empty() || span.begin - regions_.back().end > 0) {
      // At a multiple of what allocations are aligned to, so that addresses are as aligned as here.
      const auto past = reinterpret_cast<std::uintptr_t>(span.begin) % kAlignment;
      regions_.push_back({span.begin - past - kNear, span.begin + span.bytes + kNear, nullptr});
    } else {
      regions_.back().end = std::max(
          regions_.back().end, static_cast<const unsigned char*>(span.begin) + span.bytes + kNear);
    }
  }
  for (Region& region : regions_) {
    region.copy = static_cast<unsigned char*>(
        place_.allocate(static_cast<std::size_t>(region.end - region.begin)));
  }
  for (const Memory::Span& span : spans) {
    place_.copy_in(const_cast<void*>(moved(span.begin)), span.begin, span.bytes);
  }
}

MovedMemory::~MovedMemory() {
  for (const Region& region : regions_) place_.free(region.copy);
}

const void* MovedMemory::moved(const void* pointer) const {
  const auto* byte = static_cast<const unsigned char*>(pointer);
  for (const Region& region : regions_) {
    if (region.begin <= byte && byte < region.end) return region.copy + (byte - region.begin);
  }
  return pointer;
}

void MovedMemory::bring_back() const {
  for (const Memory::Span& span : memory_.spans()) {
    if (span.is_output) place_.copy_out(span.begin, moved(span.begin), span.bytes);
  }
}

}  // namespace zoetrope::kernels::test
