#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include <boost/context/fiber.hpp>

#include "kernels/emulator/device.h"
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/shadow.h"
#include "kernels/emulator/site.h"
#include "kernels/emulator/traffic.h"

namespace emulator {

/// One cp.async, kept until it lands.
struct Copy {
  std::size_t offset = 0;  // in shared memory
  unsigned bytes = 0, source_bytes = 0;
  const void* source = nullptr;
};

constexpr std::size_t kArenaBytes = std::size_t{256} * 1024;
constexpr unsigned kBoxRowBytes = 128;

/// Sums that wgmmas still write; the thread sees NaN meanwhile.
struct Accumulators {
  std::vector<float> values;
  unsigned pending = 0;  // wgmmas
  Site site = 0;
};

/// A wgmma as one warp of the four sees it.
struct WarpProduct {
  Product product;  // of lane 0
  Site site = 0;
  std::array<float*, kLanes> sums{};
  std::array<std::array<unsigned, 4>, kLanes> a_held{};
};

struct Thread {
  boost::context::fiber fiber;
  Index3 index;
  unsigned number = 0, warp = 0, lane = 0;
  std::uintptr_t stack = 0;  // its lowest address
  const char* waits_for = nullptr;
  Site waits_at = 0;
  bool finished = false;
  std::vector<Copy> open_group;
  std::deque<std::vector<Copy>> groups;
  std::map<float*, Accumulators> accumulators;
};

/// What the lanes of a warp do together; the last one to come does it for all.
struct Collective {
  const char* name = nullptr;
  unsigned mask = 0;
  void* operand = nullptr;
  void (*body)(void* const* operands, unsigned lanes) = nullptr;
};

struct Meeting {
  const char* name;
  Site site;
  unsigned mask, arrived;
  void* operands[kLanes];
};

struct Warp {
  unsigned existing = 0;  // lanes that the block's size gives it
  std::vector<Meeting> meetings;
  bool products_fenced = false;
  std::vector<WarpProduct> open_products;
  std::deque<std::vector<WarpProduct>> product_groups;
  std::uint32_t async_fence = 0;  // what it wrote up to this epoch is there for the async proxy
  unsigned registers = 0;         // as setmaxnreg said
};

/// Where the four warps of a group meet for a wgmma.
struct GroupMeeting {
  Product product;
  Site site = 0;
  std::vector<Thread*> waiting;  // one of each warp that came
};

/// One bulk copy, kept until it lands. Each row of a box is 128 bytes.
struct BulkCopy {
  std::size_t offset = 0, barrier = 0;  // in shared memory
  BoxedMatrix matrix;
  int column = 0, row = 0;

  unsigned bytes() const { return matrix.box_rows * kBoxRowBytes; }
};

/// An mbarrier, as its block sees it.
struct Barrier {
  Actor initialised;    // who, and when
  bool fenced = false;  // its init is visible to bulk copies
  unsigned engine = 0;  // of its bulk copies, as the clocks name it
  unsigned count = 0, pending = 0;
  std::int64_t bytes = 0;  // expected and not landed
  std::uint32_t phase = 0;
  Clocks::Row arriving, completed;  // what this phase, and those before it, release
  std::vector<BulkCopy> landed;     // of this phase: in flight for readers until it ends
  std::vector<Thread*> waiting;
};

/// The emulated processor: one block at a time, its threads as fibers of one OS thread.
class Machine {
 public:
  explicit Machine(const Options& options);

  bool launch(const LaunchShape& shape, void (*invoke)(const void*), const void* closure,
              std::size_t closure_bytes);
  bool runs_a_thread() const { return current_ != nullptr; }
  bool is_own_stack(const void* address) const;
  unsigned lane() const { return current_->lane; }

  void block_barrier(Site site);
  void meet(const Collective& collective, Site site);
  void warp_barrier(unsigned mask, Site site);
  /// Checks an access and counts it where statistics are on.
  void access(const void* address, unsigned bytes, Access kind, Site site);
  /// A read on behalf of the whole warp, of shared memory; not counted.
  void warp_read(const void* address, unsigned bytes, Site site);
  void issue_copy(void* shared, const void* global, unsigned bytes, unsigned source_bytes,
                  Site site);
  void commit_copies();
  void wait_copies(unsigned pending, Site site);
  void init_barrier(void* barrier, unsigned count, Site site);
  void fence_barrier_init();
  void arrive(void* barrier, unsigned expected_bytes, Site site);
  void wait_barrier(void* barrier, unsigned parity, Site site);
  void issue_box(void* shared, const BoxedMatrix& matrix, int column, int row, void* barrier,
                 Site site);
  void issue_product(const Product& product, Site site);
  void join_product(void* const* operands, Site site);
  void fence_products(Site site);
  void commit_products(Site site);
  void wait_products(unsigned pending, Site site);
  void close_products();
  void finish_products(unsigned pending);
  void fence_async_proxy(Site site);
  void set_registers(unsigned count, Site site);
  unsigned shared_address(const void* pointer) const;
  void* static_shared(const void* key, std::size_t bytes, std::size_t alignment, Site site);
  void* dynamic_shared() { return arena_; }

  void report(Fault fault, const char* what, Site here, Site other = 0);
  /// Ends the launch: what comes after makes no sense.
  [[noreturn]] void stop();

  GlobalShadow global;
  Traffics traffics;
  Options options;
  std::vector<Report> reports() const;
  std::set<Site> sync_sites;
  std::size_t shared_high = 0;

 private:
  struct Finding {
    Fault fault;
    std::string what;
    Site here, other;
  };
  bool is_valid(const LaunchShape& shape);
  void run_block(Index3 block);
  void start_threads();
  void run_until_nothing_is_ready();
  void finish_thread();
  void release_barrier();
  void report_deadlock();
  void yield();
  void make_ready(Thread* thread) { ready_.push_back(thread); }
  Thread* take_ready();
  void maybe_preempt();
  bool is_skipped(Site site);
  bool copies_land_early();
  void deliver(const Copy& copy);
  std::size_t barrier_offset(const void* address, Site site);
  Barrier& known_barrier(const void* address, Site site);
  void end_phase_if_complete(Barrier& barrier);
  void check_box_source(const BulkCopy& copy, Site site);
  void deliver(const BulkCopy& copy);
  bool deliver_a_box();
  void check_boxes_were_waited_for();
  /// Own variables concern nobody else, but a wgmma may write them still.
  void access_own(const void* address, Site site);
  void meet_warps(const WarpProduct& product);
  void touch_operands(const WarpProduct& product, Site site, int holds);
  void touch_row(std::uint64_t descriptor, unsigned row, Site site, int holds);
  void check_fenced(std::size_t offset, unsigned bytes, Site site);
  float element(std::uint64_t descriptor, unsigned row, unsigned k) const;
  void compute(const WarpProduct& product);
  void check_registers();
  std::string describe_barriers() const;
  void join_meeting(Meeting& meeting, const Collective& collective, Site site);
  /// Notes an access of shared memory that exists, and reports what is wrong with it.
  void note_shared(std::size_t offset, unsigned bytes, Access kind, const Actor& actor);
  std::optional<std::size_t> shared_offset(const void* address, unsigned bytes) const;
  Actor actor(Site site) const;
  bool may_read_unchecked(const void* address) const;

  unsigned char* arena_;  // shared memory
  unsigned char* stacks_;
  std::mt19937 random_;
  LaunchShape shape_;
  void (*invoke_)(const void*) = nullptr;
  const void* closure_ = nullptr;
  std::size_t closure_bytes_ = 0;

  boost::context::fiber scheduler_;
  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  std::vector<Thread*> ready_;
  Thread* current_ = nullptr;
  bool stopped_ = false;

  std::vector<Thread*> at_barrier_;
  unsigned finished_ = 0;
  SharedShadow shared_;
  Clocks clocks_;
  std::map<std::size_t, Barrier> barriers_;  // by offset in shared memory
  std::deque<BulkCopy> boxes_;               // on their way
  std::map<unsigned, GroupMeeting> group_meetings_;
  std::uint32_t block_serial_ = 0;
  std::map<const void*, std::pair<std::size_t, std::size_t>> statics_;  // begin and end
  std::size_t static_bytes_ = 0;
  std::map<Site, bool> skipped_;
  std::vector<Finding> findings_;
};

/// The one of the living Emulation; null outside of one.
Machine* machine();

}  // namespace emulator
