#include <bit>
#include <cstring>
#include <limits>

#include "kernels/emulator/machine.h"

namespace emulator {
namespace {

constexpr unsigned kGroupWarps = 4, kRowsOfWarp = 16, kDepth = 16;
constexpr unsigned kRegistersOfBlock = 65536;

struct ProductOperand {
  const Product* product;
  Site site;
};

bool is_same(const Product& x, const Product& y) {
  return x.a == y.a && x.b == y.b && x.n == y.n && x.accumulates == y.accumulates &&
         (x.a_held == nullptr) == (y.a_held == nullptr);
}

/// A field of a descriptor, PTX ISA "Matrix descriptor": 14 bits that count 16 bytes.
std::size_t field(std::uint64_t descriptor, unsigned bit) {
  return (descriptor >> bit & 0x3fffU) * 16;
}

/// Where 16 bytes of a row lie: rows of 128 bytes, eight of them `stride` from the next eight, the
/// chunks of 16 bytes exchanged by bits of the address.
std::size_t chunk_offset(std::uint64_t descriptor, unsigned row, unsigned chunk) {
  const std::size_t start = field(descriptor, 0), stride = field(descriptor, 32);
  const std::size_t linear =
      start + row / 8 * stride + std::size_t{row % 8} * kBoxRowBytes + std::size_t{chunk} * 16;
  return linear ^ (linear / kBoxRowBytes % 8 * 16);
}

float from_bf16(unsigned bits) { return std::bit_cast<float>(bits << 16); }

}  // namespace

unsigned Machine::shared_address(const void* pointer) const {
  return static_cast<unsigned>(static_cast<const unsigned char*>(pointer) - arena_);
}

void Machine::access_own(const void* address, Site site) {
  for (const auto& [sums, accumulators] : current_->accumulators) {
    const auto offset = static_cast<const char*>(address) - reinterpret_cast<const char*>(sums);
    const auto bytes = static_cast<std::ptrdiff_t>(accumulators.values.size() * sizeof(float));
    if (offset < 0 || offset >= bytes) continue;
    report(Fault::kInFlight, "sums of a wgmma that was not waited for", site, accumulators.site);
  }
}

void Machine::issue_product(const Product& product, Site site) {
  const unsigned first = current_->warp / kGroupWarps * kGroupWarps;
  for (unsigned w = first; w < first + kGroupWarps; ++w) {
    if (w < warps_.size() && warps_[w].existing == ~0U) continue;
    report(Fault::kDivergence, "wgmma in a warp group of fewer than 128 threads", site);
    stop();
  }
  ProductOperand operand{&product, site};
  meet({"wgmma", ~0U, &operand,
        [](void* const* operands, unsigned) {
          machine()->join_product(operands, static_cast<ProductOperand*>(operands[0])->site);
        }},
       site);
}

/// By the last lane of a warp to come, for all of it.
void Machine::join_product(void* const* operands, Site site) {
  Warp& warp = warps_[current_->warp];
  WarpProduct own;
  own.product = *static_cast<ProductOperand*>(operands[0])->product;
  own.site = site;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    const Product& product = *static_cast<ProductOperand*>(operands[lane])->product;
    if (!is_same(product, own.product)) {
      report(Fault::kDivergence, "lanes of a warp bring different operands to a wgmma", site);
    }
    own.sums[lane] = product.sums;
    if (product.a_held != nullptr) std::copy_n(product.a_held, 4, own.a_held[lane].begin());
  }
  meet_warps(own);
  if (!warp.products_fenced) {
    report(Fault::kRace, "wgmma of registers that no wgmma.fence ordered", site);
  }
  touch_operands(own, site, 1);
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    auto& accumulators = threads_[current_->warp * kLanes + lane].accumulators[own.sums[lane]];
    accumulators.site = site;
    if (accumulators.pending++ != 0) continue;
    accumulators.values.assign(own.sums[lane], own.sums[lane] + own.product.n / 2);
    std::fill_n(own.sums[lane], own.product.n / 2, std::numeric_limits<float>::quiet_NaN());
  }
  warp.open_products.push_back(own);
}

void Machine::meet_warps(const WarpProduct& own) {
  GroupMeeting& meeting = group_meetings_[current_->warp / kGroupWarps];
  if (meeting.waiting.empty()) {
    meeting.product = own.product;
    meeting.site = own.site;
  } else if (!is_same(meeting.product, own.product) || !same_line(meeting.site, own.site)) {
    report(Fault::kDivergence, "warps of a group meet at different wgmmas", own.site, meeting.site);
  }
  if (meeting.waiting.size() + 1 == kGroupWarps) {
    for (Thread* thread : meeting.waiting) make_ready(thread);
    meeting.waiting.clear();
    return;
  }
  meeting.waiting.push_back(current_);
  current_->waits_for = "wgmma";
  current_->waits_at = own.site;
  yield();
}

/// Notes that the warp reads what a wgmma takes from shared memory: its own rows of a, all of b.
void Machine::touch_operands(const WarpProduct& own, Site site, int holds) {
  const Product& p = own.product;
  const bool a_begins = p.a_held != nullptr || field(p.a, 0) / kBoxRowBytes % 8 == 0;
  if (!a_begins || field(p.b, 0) / kBoxRowBytes % 8 != 0) {
    report(Fault::kMisaligned, "wgmma of a tile that does not begin at a multiple of 1024", site);
    stop();
  }
  const unsigned first = current_->warp % kGroupWarps * kRowsOfWarp;
  for (unsigned r = 0; r < kRowsOfWarp && p.a_held == nullptr; ++r) {
    touch_row(p.a, first + r, site, holds);
  }
  for (unsigned r = 0; r < p.n; ++r) touch_row(p.b, r, site, holds);
}

void Machine::touch_row(std::uint64_t descriptor, unsigned row, Site site, int holds) {
  Actor reader = actor(site);
  reader.lane = kAllLanes;
  for (unsigned chunk = 0; chunk < 2; ++chunk) {
    const std::size_t place = chunk_offset(descriptor, row, chunk);
    const std::optional<std::size_t> offset = shared_offset(arena_ + place, 16);
    if (!offset || *offset >= shared_.bytes()) {
      report(Fault::kOutOfBounds, "wgmma of a tile outside of the block's variables", site);
      stop();
    }
    note_shared(place, 16, Access::kRead, reader);
    check_fenced(place, 16, site);
    shared_.hold(place, 16, holds);
  }
}

void Machine::check_fenced(std::size_t offset, unsigned bytes, Site site) {
  for (std::size_t at = offset; at < offset + bytes; at += kCellBytes) {
    const Actor& writer = shared_.writer(at);
    if (writer.site == 0 || writer.warp >= warps_.size()) continue;
    if (writer.epoch <= warps_[writer.warp].async_fence) continue;
    report(Fault::kProxy, "bytes that no fence.proxy.async followed", site, writer.site);
    return;
  }
}

void Machine::fence_products(Site site) {
  sync_sites.insert(site);
  if (is_skipped(site)) return;
  meet({"wgmma.fence", ~0U, nullptr, [](void* const*, unsigned) {}}, site);
  warps_[current_->warp].products_fenced = true;
}

void Machine::commit_products(Site site) {
  meet({"wgmma.commit", ~0U, nullptr, [](void* const*, unsigned) { machine()->close_products(); }},
       site);
}

void Machine::close_products() {
  Warp& warp = warps_[current_->warp];
  warp.product_groups.push_back(std::move(warp.open_products));
  warp.open_products.clear();
}

void Machine::wait_products(unsigned pending, Site site) {
  sync_sites.insert(site);
  if (is_skipped(site)) return;
  meet({"wgmma.wait", ~0U, &pending,
        [](void* const* operands, unsigned) {
          machine()->finish_products(*static_cast<unsigned*>(operands[0]));
        }},
       site);
}

void Machine::finish_products(unsigned pending) {
  Warp& warp = warps_[current_->warp];
  while (warp.product_groups.size() > pending) {
    for (const WarpProduct& product : warp.product_groups.front()) {
      // Read now, and as late as now for all others: an arrival before this wait does not release
      // these reads.
      touch_operands(product, product.site, -1);
      compute(product);
    }
    warp.product_groups.pop_front();
    warp.products_fenced = false;
  }
}

float Machine::element(std::uint64_t descriptor, unsigned row, unsigned k) const {
  std::uint16_t bits;
  std::memcpy(&bits, arena_ + chunk_offset(descriptor, row, k / 8) + std::size_t{k % 8} * 2,
              sizeof bits);
  return from_bf16(bits);
}

/// PTX ISA, "Register fragments for wgmma.mma_async.m64nNk16": those of mma.m16n8k16, with 16 rows
/// of a for each warp and eight columns after the others.
void Machine::compute(const WarpProduct& own) {
  const Product& p = own.product;
  float a[kRowsOfWarp][kDepth];
  const unsigned first = current_->warp % kGroupWarps * kRowsOfWarp;
  for (unsigned r = 0; r < kRowsOfWarp && p.a_held == nullptr; ++r) {
    for (unsigned k = 0; k < kDepth; ++k) a[r][k] = element(p.a, first + r, k);
  }
  for (unsigned i = 0; i < 4 * kLanes && p.a_held != nullptr; ++i) {
    const unsigned lane = i / 4, r = i % 4, bits = own.a_held[lane][r];
    float* pair = &a[lane / 4 + 8 * (r % 2)][2 * (lane % 4) + 8 * (r / 2)];
    pair[0] = from_bf16(bits & 0xffffU);
    pair[1] = from_bf16(bits >> 16);
  }
  std::vector<float> b(std::size_t{p.n} * kDepth);
  for (unsigned i = 0; i < b.size(); ++i) b[i] = element(p.b, i / kDepth, i % kDepth);
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    auto& held = threads_[current_->warp * kLanes + lane].accumulators;
    Accumulators& accumulators = held.at(own.sums[lane]);
    for (unsigned i = 0; i < p.n / 2; ++i) {
      const float* row = a[lane / 4 + 8 * (i / 2 % 2)];
      const float* column = &b[std::size_t{i / 4 * 8 + 2 * (lane % 4) + i % 2} * kDepth];
      float sum = 0;
      for (unsigned k = 0; k < kDepth; ++k) sum += row[k] * column[k];
      accumulators.values[i] = (p.accumulates ? accumulators.values[i] : 0) + sum;
    }
    if (--accumulators.pending != 0) continue;
    std::copy(accumulators.values.begin(), accumulators.values.end(), own.sums[lane]);
    held.erase(own.sums[lane]);
  }
}

void Machine::fence_async_proxy(Site site) {
  sync_sites.insert(site);
  if (is_skipped(site)) return;
  warps_[current_->warp].async_fence = clocks_.epoch(current_->warp);
  clocks_.advance(current_->warp);
}

void Machine::set_registers(unsigned count, Site site) {
  meet({"setmaxnreg", ~0U, nullptr, [](void* const*, unsigned) {}}, site);
  warps_[current_->warp].registers = count;
}

/// Whether what setmaxnreg asked for was there in the end; before, a GPU waits for it.
void Machine::check_registers() {
  unsigned sum = 0, asked = 0;
  for (std::size_t w = 0; w < warps_.size(); ++w) {
    sum += kLanes * warps_[w].registers;
    asked += warps_[w].registers != 0 ? 1 : 0;
    if (warps_[w].registers == warps_[w / kGroupWarps * kGroupWarps].registers) continue;
    report(Fault::kDivergence, "warps of a group ask for different numbers of registers", 0);
  }
  if (asked != 0 && sum > kRegistersOfBlock) {
    report(Fault::kLaunch, "more registers than a block has, as setmaxnreg asks", 0);
  }
}

// ---- The kernels' side ----

void issue_product(const Product& product) {
  machine()->issue_product(product, site_of(__builtin_return_address(0)));
}
void fence_products() { machine()->fence_products(site_of(__builtin_return_address(0))); }
void commit_products() { machine()->commit_products(site_of(__builtin_return_address(0))); }
void wait_products(unsigned pending) {
  machine()->wait_products(pending, site_of(__builtin_return_address(0)));
}
void fence_async_proxy() { machine()->fence_async_proxy(site_of(__builtin_return_address(0))); }
void set_registers(unsigned count) {
  machine()->set_registers(count, site_of(__builtin_return_address(0)));
}
unsigned shared_address(const void* pointer) { return machine()->shared_address(pointer); }

}  // namespace emulator
