#include <bit>
#include <cstring>

#include "kernels/emulator/half_bits.h"
#include "kernels/emulator/machine.h"

namespace emulator {
namespace {

struct ShuffleOperand {
  std::uint64_t value = 0, result = 0;
  int source = 0;
  bool found = false;
};

struct BallotOperand {
  bool predicate = false;
  unsigned result = 0;
};

struct MatrixOperand {
  const void* row = nullptr;
  unsigned count = 0;
  bool transposed = false;
  unsigned* registers = nullptr;
  Site site = 0;
};

struct MmaOperand {
  float* c;
  const unsigned* a;
  const unsigned* b;
  MmaType type;
};

void shuffle_lanes(void* const* operands, unsigned lanes) {
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if ((lanes >> lane & 1U) == 0) continue;
    auto& own = *static_cast<ShuffleOperand*>(operands[lane]);
    own.found = own.source >= 0 && own.source < 32 && (lanes >> own.source & 1U) != 0;
    own.result =
        own.found ? static_cast<ShuffleOperand*>(operands[own.source])->value : ~std::uint64_t{0};
  }
}

void vote(void* const* operands, unsigned lanes) {
  unsigned result = 0;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if ((lanes >> lane & 1U) == 0) continue;
    result |= (static_cast<BallotOperand*>(operands[lane])->predicate ? 1U : 0U) << lane;
  }
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if ((lanes >> lane & 1U) != 0) static_cast<BallotOperand*>(operands[lane])->result = result;
  }
}

/// Element (row, column) of the 8 x 8 matrix whose rows eight lanes named.
std::uint16_t element(void* const* operands, unsigned matrix, unsigned row, unsigned column) {
  const auto& named = *static_cast<MatrixOperand*>(operands[matrix * 8 + row]);
  std::uint16_t value;
  std::memcpy(&value, static_cast<const char*>(named.row) + std::size_t{2} * column, sizeof value);
  return value;
}

void count_wavefronts(void* const* operands) {
  const auto& first = *static_cast<MatrixOperand*>(operands[0]);
  for (unsigned m = 0; m < first.count; ++m) {
    std::array<std::uintptr_t, 8> rows{};
    for (unsigned r = 0; r < 8; ++r) {
      rows[r] =
          reinterpret_cast<std::uintptr_t>(static_cast<MatrixOperand*>(operands[m * 8 + r])->row);
    }
    machine()->traffics.count_phase(first.site, rows, /*new_request=*/m == 0);
  }
}

void distribute_matrices(void* const* operands, unsigned) {
  if (machine()->options.statistics) count_wavefronts(operands);
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    const auto& own = *static_cast<MatrixOperand*>(operands[lane]);
    for (unsigned m = 0; m < own.count; ++m) {
      const unsigned major = lane / 4, minor = 2 * (lane % 4);
      const std::uint16_t low =
          own.transposed ? element(operands, m, minor, major) : element(operands, m, major, minor);
      const std::uint16_t high = own.transposed ? element(operands, m, minor + 1, major)
                                                : element(operands, m, major, minor + 1);
      own.registers[m] = low | static_cast<unsigned>(high) << 16;
    }
  }
}

float from_bits(unsigned bits, MmaType type) {
  const auto half = static_cast<std::uint16_t>(bits);
  return type == MmaType::kBF16 ? std::bit_cast<float>(bits << 16) : half_to_float(half);
}

/// PTX ISA, "Matrix fragments for mma.m16n8k16": with g = lane / 4 and t = 2 * (lane % 4),
/// a: (g, t) (g + 8, t) (g, t + 8) (g + 8, t + 8); b: (t, g) (t + 8, g); c: (g, t) (g + 8, t);
/// each register holds this element and the next in k (a, b) or n (c).
void multiply(void* const* operands, unsigned) {
  float a[16][16], b[8][16];
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    const auto& own = *static_cast<MmaOperand*>(operands[lane]);
    const unsigned g = lane / 4, t = 2 * (lane % 4);
    for (unsigned r = 0; r < 4; ++r) {
      const unsigned row = g + 8 * (r % 2), k = t + 8 * (r / 2);
      a[row][k] = from_bits(own.a[r] & 0xffffU, own.type);
      a[row][k + 1] = from_bits(own.a[r] >> 16, own.type);
    }
    for (unsigned r = 0; r < 2; ++r) {
      b[g][t + 8 * r] = from_bits(own.b[r] & 0xffffU, own.type);
      b[g][t + 8 * r + 1] = from_bits(own.b[r] >> 16, own.type);
    }
  }
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    const auto& own = *static_cast<MmaOperand*>(operands[lane]);
    for (unsigned r = 0; r < 4; ++r) {
      const unsigned row = lane / 4 + 8 * (r / 2), column = 2 * (lane % 4) + r % 2;
      float sum = 0;
      for (unsigned k = 0; k < 16; ++k) sum += a[row][k] * b[column][k];
      own.c[r] += sum;
    }
  }
}

}  // namespace

void Machine::meet(const Collective& collective, Site site) {
  Warp& warp = warps_[current_->warp];
  const unsigned mask = collective.mask & warp.existing;
  const unsigned own = 1U << current_->lane;
  if ((mask & own) == 0) {
    report(Fault::kDivergence, "a lane that its own mask does not name", site);
    stop();
  }
  for (Meeting& meeting : warp.meetings) {
    // Lanes may wait for those that have an errand among fewer first; if nobody comes, all stand.
    if (meeting.mask != mask) continue;
    if (meeting.name != collective.name || !same_line(meeting.site, site)) {
      report(Fault::kDivergence, "lanes of a warp meet at different operations", site,
             meeting.site);
    }
    if (meeting.name != collective.name) stop();
    return join_meeting(meeting, collective, site);
  }
  warp.meetings.push_back({collective.name, site, mask, 0, {}});
  join_meeting(warp.meetings.back(), collective, site);
}

void Machine::join_meeting(Meeting& meeting, const Collective& collective, Site site) {
  meeting.arrived |= 1U << current_->lane;
  meeting.operands[current_->lane] = collective.operand;
  if (meeting.arrived != meeting.mask) {
    current_->waits_for = collective.name;
    current_->waits_at = site;
    return yield();
  }
  const Meeting complete = meeting;
  auto& meetings = warps_[current_->warp].meetings;
  std::erase_if(meetings, [&](const Meeting& other) { return other.mask == complete.mask; });
  collective.body(complete.operands, complete.mask);
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if ((complete.mask >> lane & 1U) == 0 || lane == current_->lane) continue;
    make_ready(&threads_[current_->warp * kLanes + lane]);
  }
  maybe_preempt();
}

void Machine::warp_barrier(unsigned mask, Site site) {
  sync_sites.insert(site);
  if (is_skipped(site)) return;
  // The last lane to come orders what all lanes did before against what they do after. A barrier
  // of some lanes orders all: races between them and the others are not seen.
  struct Operand {
    Clocks* clocks;
    unsigned warp;
  } operand{&clocks_, current_->warp};
  meet({"warp barrier", mask, &operand,
        [](void* const* operands, unsigned lanes) {
          const auto* first = static_cast<Operand*>(operands[std::countr_zero(lanes)]);
          first->clocks->advance(first->warp);
        }},
       site);
}

std::uint64_t shuffle(unsigned mask, std::uint64_t value, int source_lane) {
  const Site site = site_of(__builtin_return_address(0));
  ShuffleOperand operand{value, 0, source_lane, false};
  machine()->meet({"shuffle", mask, &operand, shuffle_lanes}, site);
  if (!operand.found) {
    machine()->report(Fault::kShuffleSource, "shuffle from a lane that its mask does not name",
                      site);
  }
  return operand.result;
}

unsigned ballot(unsigned mask, bool predicate) {
  BallotOperand operand{predicate, 0};
  machine()->meet({"vote", mask, &operand, vote}, site_of(__builtin_return_address(0)));
  return operand.result;
}

void load_matrices(unsigned* registers, unsigned count, bool transposed, const void* row) {
  const Site site = site_of(__builtin_return_address(0));
  MatrixOperand operand{row, count, transposed, registers, site};
  if (machine()->lane() < 8 * count) machine()->warp_read(row, 16, site);
  machine()->meet({"ldmatrix", ~0U, &operand, distribute_matrices}, site);
}

void multiply_m16n8k16(float* c, const unsigned* a, const unsigned* b, MmaType type) {
  MmaOperand operand{c, a, b, type};
  machine()->meet({"mma", ~0U, &operand, multiply}, site_of(__builtin_return_address(0)));
}

}  // namespace emulator
