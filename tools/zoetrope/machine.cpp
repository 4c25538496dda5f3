#include "machine.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include <sched.h>

namespace zoetrope::cli {
namespace {

// The text after "key :" in a file of such lines.
std::string value_of(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.compare(0, key.size(), key) != 0) continue;
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const auto begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

std::int64_t memory_bytes(const std::string& key) {
  std::int64_t kibibytes = 0;
  std::istringstream(value_of("/proc/meminfo", key)) >> kibibytes;
  return kibibytes * 1024;
}

// "max" and a missing file both mean: no limit, 0.
std::int64_t control_group_bytes(const char* file) {
  std::int64_t bytes = 0;
  std::ifstream(file) >> bytes;
  return bytes;
}

std::vector<std::string> processor_features() {
  constexpr std::array kOfInterest = {"avx2",        "fma",      "avx512f",
                                      "avx512_bf16", "amx_bf16", "amx_tile"};
  std::vector<std::string> found;
  std::istringstream flags(value_of("/proc/cpuinfo", "flags"));
  for (std::string flag; flags >> flag;) {
    if (std::find(kOfInterest.begin(), kOfInterest.end(), flag) != kOfInterest.end()) {
      found.push_back(flag);
    }
  }
  return found;
}

int usable_threads() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

}  // namespace

Machine describe_machine() {
  Machine machine;
  machine.processor = value_of("/proc/cpuinfo", "model name");
  machine.features = processor_features();
  machine.threads = usable_threads();
  machine.memory_bytes = memory_bytes("MemTotal");
  machine.available_bytes = memory_bytes("MemAvailable");
  const std::int64_t limit = control_group_bytes("/sys/fs/cgroup/memory.max");
  if (limit > 0 && limit < machine.memory_bytes) {
    machine.memory_bytes = limit;
    // memory.current counts the page cache, which gives way, so it can't be subtracted.
    machine.available_bytes = std::min(machine.available_bytes, limit);
  }
  return machine;
}

}  // namespace zoetrope::cli
