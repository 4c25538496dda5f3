#include "kernels/emulator/emulator.h"

#include <cstring>
#include <memory>
#include <stdexcept>

#include "kernels/emulator/device.h"
#include "kernels/emulator/machine.h"

namespace emulator {
namespace {

std::unique_ptr<Machine>& owner() {
  static std::unique_ptr<Machine> machine;
  return machine;
}

Machine* the_machine = nullptr;  // read at every access

}  // namespace

Machine* machine() { return the_machine; }

const char* name_of(Fault fault) {
  switch (fault) {
    case Fault::kRace:
      return "race";
    case Fault::kInFlight:
      return "copy in flight";
    case Fault::kUninitialised:
      return "uninitialised";
    case Fault::kOutOfBounds:
      return "out of bounds";
    case Fault::kReadOnly:
      return "read only";
    case Fault::kMisaligned:
      return "misaligned";
    case Fault::kDivergence:
      return "divergence";
    case Fault::kDeadlock:
      return "deadlock";
    case Fault::kShuffleSource:
      return "shuffle source";
    case Fault::kUnfinishedCopy:
      return "unfinished copy";
    case Fault::kProxy:
      return "proxy";
    case Fault::kBarrier:
      return "mbarrier";
    case Fault::kLaunch:
      return "launch";
  }
  return "";
}

Emulation::Emulation(const Options& options) {
  if (owner()) throw std::logic_error("one Emulation lives already");
  owner() = std::make_unique<Machine>(options);
  the_machine = owner().get();
}

Emulation::~Emulation() {
  the_machine = nullptr;
  owner().reset();
}

void Emulation::allow(const void* begin, std::size_t bytes, Use use) {
  machine()->global.allow(begin, bytes, use);
}

std::vector<Report> Emulation::reports() const { return machine()->reports(); }

std::vector<std::string> Emulation::sync_sites() const {
  const auto& sites = machine()->sync_sites;
  std::set<std::string> lines;
  for (const std::string& line : source_lines({sites.begin(), sites.end()})) lines.insert(line);
  return {lines.begin(), lines.end()};
}

std::vector<Traffic> Emulation::traffic() const { return machine()->traffics.lines(); }

std::size_t Emulation::shared_bytes() const { return machine()->shared_high; }

// ---- The kernels' side ----

bool launch(const LaunchShape& shape, void (*invoke)(const void*), const void* closure,
            std::size_t closure_bytes) {
  if (machine() == nullptr) throw std::logic_error("a kernel was launched outside of an Emulation");
  return machine()->launch(shape, invoke, closure, closure_bytes);
}

void block_barrier() { machine()->block_barrier(site_of(__builtin_return_address(0))); }

void warp_barrier(unsigned mask) {
  machine()->warp_barrier(mask, site_of(__builtin_return_address(0)));
}

void fetch(const void* address, void* value, unsigned bytes, Access kind) {
  machine()->access(address, bytes, kind, site_of(__builtin_return_address(0)));
  std::memcpy(value, address, bytes);
}

void put(void* address, const void* value, unsigned bytes, Access kind) {
  machine()->access(address, bytes, kind, site_of(__builtin_return_address(0)));
  std::memcpy(address, value, bytes);
}

void copy_async(void* shared, const void* global, unsigned bytes, unsigned source_bytes) {
  machine()->issue_copy(shared, global, bytes, source_bytes, site_of(__builtin_return_address(0)));
}

void commit_copies() { machine()->commit_copies(); }

void wait_copies(unsigned pending) {
  machine()->wait_copies(pending, site_of(__builtin_return_address(0)));
}

void* static_shared(const void* key, std::size_t bytes, std::size_t alignment) {
  return machine()->static_shared(key, bytes, alignment, site_of(__builtin_return_address(0)));
}

void* dynamic_shared() { return machine()->dynamic_shared(); }

}  // namespace emulator
