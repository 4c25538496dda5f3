#include "kernels/emulator/traffic.h"

#include <algorithm>
#include <set>
#include <string>

namespace emulator {
namespace {

constexpr unsigned kBanks = 32, kBankBytes = 4, kSectorBytes = 32;

struct Cost {
  std::uint64_t transactions, ideal;
};

/// Shared memory gives each bank's word once a wavefront. Accesses of 8 and 16 bytes go by halves
/// and quarters of a warp, so that a wavefront is never asked for more than 128 bytes.
Cost wavefronts(const std::vector<std::uintptr_t>& addresses, unsigned bytes) {
  const std::size_t group = bytes <= 4 ? 32 : 128 / bytes;
  Cost cost{0, 0};
  for (std::size_t first = 0; first < addresses.size(); first += group) {
    std::set<std::uintptr_t> words;
    const std::size_t last = std::min(addresses.size(), first + group);
    for (std::size_t i = first; i < last; ++i) {
      for (unsigned b = 0; b < bytes; b += kBankBytes)
        words.insert((addresses[i] + b) / kBankBytes);
    }
    std::array<std::uint64_t, kBanks> depth{};
    for (const std::uintptr_t word : words) ++depth[word % kBanks];
    cost.transactions += *std::max_element(depth.begin(), depth.end());
    cost.ideal += (words.size() + kBanks - 1) / kBanks;
  }
  return cost;
}

Cost sectors(const std::vector<std::uintptr_t>& addresses, unsigned bytes) {
  std::set<std::uintptr_t> touched, granules;
  for (const std::uintptr_t address : addresses) {
    touched.insert(address / kSectorBytes);
    touched.insert((address + bytes - 1) / kSectorBytes);
    for (unsigned b = 0; b < bytes; ++b) granules.insert(address + b);
  }
  return {touched.size(), (granules.size() + kSectorBytes - 1) / kSectorBytes};
}

}  // namespace

void Traffics::count(const Key& key, const Actor& actor, std::uintptr_t address, unsigned bytes,
                     unsigned existing) {
  Stream& stream = open_[{key, actor.warp}];
  const std::uint32_t number = stream.passed[actor.lane]++;
  while (stream.first_open + stream.open.size() <= number) stream.open.emplace_back();
  Request& request = stream.open[number - stream.first_open];
  request.lanes |= 1U << actor.lane;
  request.bytes = bytes;
  request.addresses[actor.lane] = address;
  while (!stream.open.empty() && stream.open.front().lanes == existing) {
    finish(key, stream.open.front());
    stream.open.pop_front();
    ++stream.first_open;
  }
}

void Traffics::finish(const Key& key, const Request& request) {
  std::vector<std::uintptr_t> addresses;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if ((request.lanes >> lane & 1U) != 0) addresses.push_back(request.addresses[lane]);
  }
  if (addresses.empty()) return;
  const Cost cost =
      key.shared ? wavefronts(addresses, request.bytes) : sectors(addresses, request.bytes);
  Sum& sum = sums_[key];
  ++sum.requests;
  sum.transactions += cost.transactions;
  sum.ideal += cost.ideal;
}

void Traffics::count_phase(Site site, const std::array<std::uintptr_t, 8>& rows, bool new_request) {
  const Cost cost = wavefronts({rows.begin(), rows.end()}, 16);
  Sum& sum = sums_[{site, /*shared=*/true, /*write=*/false}];
  sum.requests += new_request ? 1 : 0;
  sum.transactions += cost.transactions;
  sum.ideal += cost.ideal;
}

void Traffics::end_block() {
  for (auto& [instruction, stream] : open_) {
    for (const Request& request : stream.open) finish(instruction.first, request);
  }
  open_.clear();
}

std::vector<Traffic> Traffics::lines() const {
  std::vector<Site> sites;
  for (const auto& [key, sum] : sums_) sites.push_back(key.site);
  const std::vector<std::string> names = source_lines(sites);
  std::map<std::tuple<std::string, bool, bool>, Sum> by_line;
  std::size_t i = 0;
  for (const auto& [key, sum] : sums_) {
    Sum& line = by_line[{names[i++], key.shared, key.write}];
    line.requests += sum.requests;
    line.transactions += sum.transactions;
    line.ideal += sum.ideal;
  }
  std::vector<Traffic> lines;
  for (const auto& [line, sum] : by_line) {
    const auto& [where, shared, write] = line;
    lines.push_back({where, shared, write, sum.requests, sum.transactions, sum.ideal});
  }
  return lines;
}

}  // namespace emulator
