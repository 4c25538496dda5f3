#include "kernels/emulator/machine.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <sstream>

#include <sys/mman.h>
#include <unistd.h>

#include "kernels/emulator/include/vector_types.h"

// CUDA's names.
uint3 threadIdx, blockIdx;  // NOLINT(readability-identifier-naming)
dim3 blockDim, gridDim;     // NOLINT(readability-identifier-naming)

namespace emulator {
namespace {

constexpr std::size_t kStackBytes = std::size_t{128} * 1024, kMaxThreads = 1024;

/// Memory that costs nothing until it is touched and is kept for good.
unsigned char* reserve(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return static_cast<unsigned char*>(memory);
}

/// The lowest page of each stack is a wall: a thread that needs more crashes at once.
unsigned char* reserve_stacks() {
  unsigned char* stacks = reserve(kStackBytes * kMaxThreads);
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  for (std::size_t i = 0; i < kMaxThreads; ++i) mprotect(stacks + i * kStackBytes, page, PROT_NONE);
  return stacks;
}

/// Gives a fiber the stack that its thread owns.
struct OwnStack {
  unsigned char* low;
  boost::context::stack_context allocate() const {
    boost::context::stack_context context;
    context.size = kStackBytes;
    context.sp = low + kStackBytes;
    return context;
  }
  void deallocate(boost::context::stack_context&) const {}
};

Index3 index_in(Index3 size, unsigned number) {
  return {number % size.x, number / size.x % size.y, number / (size.x * size.y)};
}

uint3 as_uint3(Index3 index) { return {index.x, index.y, index.z}; }

}  // namespace

Machine::Machine(const Options& with) : options(with), random_(with.seed) {
  static unsigned char* const kArena = reserve(kArenaBytes);
  static unsigned char* const kStacks = reserve_stacks();
  arena_ = kArena;
  stacks_ = kStacks;
}

bool Machine::is_own_stack(const void* address) const {
  return reinterpret_cast<std::uintptr_t>(address) - current_->stack < kStackBytes;
}

bool Machine::is_valid(const LaunchShape& shape) {
  const std::uint64_t threads = std::uint64_t{shape.block.x} * shape.block.y * shape.block.z;
  const Index3 g = shape.grid;
  const bool fits = threads >= 1 && threads <= kMaxThreads && shape.block.z <= 64 && g.x >= 1 &&
                    g.y >= 1 && g.z >= 1 && g.x <= 0x7fffffffU && g.y <= 65535 && g.z <= 65535 &&
                    shape.dynamic_shared_bytes <= options.shared_limit;
  if (!fits) report(Fault::kLaunch, "a grid or block that no GPU takes", 0);
  return fits;
}

bool Machine::launch(const LaunchShape& shape, void (*invoke)(const void*), const void* closure,
                     std::size_t closure_bytes) {
  if (!is_valid(shape)) return false;
  shape_ = shape;
  invoke_ = invoke;
  closure_ = closure;
  closure_bytes_ = closure_bytes;
  stopped_ = false;
  global.begin_launch(block_serial_ + 1);
  const Index3 g = shape.grid, b = shape.block;
  gridDim = {g.x, g.y, g.z};
  blockDim = {b.x, b.y, b.z};

  std::vector<unsigned> order(std::size_t{g.x} * g.y * g.z);
  std::iota(order.begin(), order.end(), 0U);
  if (options.schedule == Schedule::kReversed) std::reverse(order.begin(), order.end());
  if (options.schedule == Schedule::kShuffled || options.schedule == Schedule::kPreempted) {
    std::shuffle(order.begin(), order.end(), random_);
  }
  for (std::size_t i = 0; i < order.size() && !stopped_; ++i) run_block(index_in(g, order[i]));
  return true;
}

void Machine::run_block(Index3 block) {
  ++block_serial_;
  blockIdx = as_uint3(block);
  const unsigned count = shape_.block.x * shape_.block.y * shape_.block.z;
  warps_.assign((count + kLanes - 1) / kLanes, {});
  clocks_.reset(static_cast<unsigned>(warps_.size()));
  shared_.reset(static_cast<unsigned>(warps_.size()));
  barriers_.clear();
  boxes_.clear();
  group_meetings_.clear();
  statics_.clear();
  static_bytes_ = 0;
  shared_.grow(shape_.dynamic_shared_bytes);
  shared_high = std::max(shared_high, shape_.dynamic_shared_bytes);
  std::memset(arena_, 0xff, shared_.bytes());
  traffics.begin_block();
  ready_.clear();
  at_barrier_.clear();
  finished_ = 0;
  threads_ = std::vector<Thread>(count);
  start_threads();
  run_until_nothing_is_ready();
  if (!stopped_ && finished_ != count) report_deadlock();
  if (!stopped_) check_boxes_were_waited_for();
  if (!stopped_) check_registers();
  traffics.end_block();
  // Their stacks are used again; unwinding threads that wait would run destructors for nothing.
  for (Thread& thread : threads_) {
    if (thread.fiber) new boost::context::fiber(std::move(thread.fiber));
  }
}

void Machine::start_threads() {
  for (unsigned i = 0; i < threads_.size(); ++i) {
    Thread& thread = threads_[i];
    thread.number = i;
    thread.warp = i / kLanes;
    thread.lane = i % kLanes;
    thread.index = index_in(shape_.block, i);
    unsigned char* low = stacks_ + i * kStackBytes;
    thread.stack = reinterpret_cast<std::uintptr_t>(low);
    warps_[thread.warp].existing |= 1U << thread.lane;
    thread.fiber = boost::context::fiber(std::allocator_arg, OwnStack{low},
                                         [this](boost::context::fiber&& scheduler) {
                                           scheduler_ = std::move(scheduler);
                                           invoke_(closure_);
                                           finish_thread();
                                           return std::move(scheduler_);
                                         });
    make_ready(&thread);
  }
}

Thread* Machine::take_ready() {
  std::size_t pick = 0;
  switch (options.schedule) {
    case Schedule::kNatural:
      break;
    case Schedule::kReversed:
      pick = ready_.size() - 1;
      break;
    default:
      pick = random_() % ready_.size();
  }
  Thread* thread = ready_[pick];
  if (options.schedule == Schedule::kNatural) {
    ready_.erase(ready_.begin());
  } else {
    ready_[pick] = ready_.back();
    ready_.pop_back();
  }
  return thread;
}

void Machine::run_until_nothing_is_ready() {
  while (!stopped_) {
    if (ready_.empty() && !deliver_a_box()) return;
    if (ready_.empty()) continue;
    current_ = take_ready();
    current_->waits_for = nullptr;
    threadIdx = as_uint3(current_->index);
    current_->fiber = std::move(current_->fiber).resume();
    current_ = nullptr;
  }
}

void Machine::yield() { scheduler_ = std::move(scheduler_).resume(); }

void Machine::stop() {
  stopped_ = true;
  for (;;) yield();
}

void Machine::maybe_preempt() {
  if (options.schedule != Schedule::kPreempted || random_() % 8 != 0) return;
  make_ready(current_);
  yield();
}

void Machine::finish_thread() {
  if (!current_->open_group.empty() || !current_->groups.empty()) {
    report(Fault::kUnfinishedCopy, "a thread returned with copies that it never waited for", 0);
  }
  if (!current_->accumulators.empty()) {
    report(Fault::kUnfinishedCopy, "a thread returned with a wgmma that it never waited for", 0,
           current_->accumulators.begin()->second.site);
  }
  current_->finished = true;
  ++finished_;
  // As on a GPU, those who returned count as arrived. Code that relies on it is reported.
  if (!at_barrier_.empty() && at_barrier_.size() + finished_ == threads_.size()) release_barrier();
}

void Machine::block_barrier(Site site) {
  sync_sites.insert(site);
  if (is_skipped(site)) return;
  current_->waits_for = "block barrier";
  current_->waits_at = site;
  at_barrier_.push_back(current_);
  if (at_barrier_.size() + finished_ == threads_.size()) release_barrier();
  yield();
}

void Machine::release_barrier() {
  const Site site = at_barrier_.front()->waits_at;
  if (finished_ != 0) {
    report(Fault::kDivergence, "block barrier that other threads returned without", site);
  }
  for (const Thread* thread : at_barrier_) {
    if (same_line(thread->waits_at, site)) continue;
    report(Fault::kDivergence, "block barrier that other threads meet at another line", site,
           thread->waits_at);
  }
  clocks_.join_all();
  for (Thread* thread : at_barrier_) make_ready(thread);
  at_barrier_.clear();
}

void Machine::report_deadlock() {
  std::map<std::pair<std::string, Site>, unsigned> groups;
  for (const Thread& thread : threads_) {
    if (!thread.finished) ++groups[{thread.waits_for, thread.waits_at}];
  }
  std::ostringstream text;
  text << "nobody can run: " << finished_ << " threads returned";
  for (const auto& [group, count] : groups) {
    text << "; " << count << " wait at the " << group.first << " in "
         << source_lines({group.second})[0];
  }
  text << describe_barriers();
  findings_.push_back({Fault::kDeadlock, text.str(), 0, 0});
  stopped_ = true;
}

bool Machine::is_skipped(Site site) {
  if (options.skipped_sync.empty()) return false;
  const auto known = skipped_.find(site);
  if (known != skipped_.end()) return known->second;
  return skipped_[site] = source_lines({site})[0] == options.skipped_sync;
}

void Machine::report(Fault fault, const char* what, Site here, Site other) {
  for (const Finding& known : findings_) {
    if (known.fault == fault && known.here == here && known.other == other) return;
  }
  if (findings_.size() < 100) findings_.push_back({fault, what, here, other});
}

std::vector<Report> Machine::reports() const {
  std::vector<Report> reports;
  for (const Finding& finding : findings_) {
    std::string text = std::string(name_of(finding.fault)) + ": " + finding.what;
    if (finding.here != 0) text += ", in " + source_lines({finding.here})[0];
    if (finding.other != 0) text += "; the other is in " + source_lines({finding.other})[0];
    reports.push_back({finding.fault, std::move(text)});
  }
  return reports;
}

}  // namespace emulator
