#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "kernels/emulator/emulator.h"
#include "kernels/emulator/shadow.h"

namespace emulator {

/// Joins the accesses of single lanes to requests of a warp: the n-th time that each lane passes an
/// instruction belongs to the same request.
class Traffics {
 public:
  struct Key {
    Site site;
    bool shared, write;
    auto operator<=>(const Key&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14
  };

  void begin_block() { open_.clear(); }
  /// `address` is an offset for shared memory. `existing`: the lanes that the warp has.
  void count(const Key& key, const Actor& actor, std::uintptr_t address, unsigned bytes,
             unsigned existing);
  /// One phase of ldmatrix: eight rows of 16 bytes.
  void count_phase(Site site, const std::array<std::uintptr_t, 8>& rows, bool new_request);
  /// Counts requests that not all lanes made.
  void end_block();

  std::vector<Traffic> lines() const;

 private:
  struct Request {
    unsigned lanes = 0, bytes = 0;
    std::array<std::uintptr_t, kLanes> addresses{};
  };
  struct Stream {
    std::array<std::uint32_t, kLanes> passed{};  // how often each lane came here
    std::uint32_t first_open = 0;
    std::deque<Request> open;
  };
  struct Sum {
    std::uint64_t requests = 0, transactions = 0, ideal = 0;
  };
  void finish(const Key& key, const Request& request);

  std::map<std::pair<Key, unsigned>, Stream> open_;  // by instruction and warp
  std::map<Key, Sum> sums_;
};

}  // namespace emulator
