#include "tensor/block_cache.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include "tensor/tensor.h"

namespace zoetrope {
namespace {

constexpr std::size_t kSmallestBlock = std::size_t{1} << 20;
constexpr std::size_t kPage = 4096;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

struct Block {
  void* memory;
  std::size_t bytes;
};

void* map(std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  // Where the system leaves it to the program; a failure costs only time.
  if (bytes >= 2 * kHugePage) ::madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

class BlockCache {
 public:
  void* take(std::size_t wanted) {
    const std::size_t bytes = (wanted + kPage - 1) / kPage * kPage;
    const std::lock_guard lock(mutex_);
    if (void* memory = take_kept(bytes)) return memory;
    peak_ = std::max(peak_, used_bytes_ + bytes);
    while (!kept_.empty() && used_bytes_ + bytes + kept_bytes_ > peak_) unmap_oldest();
    void* memory = map(bytes);
    while (memory == nullptr && !kept_.empty()) {
      unmap_oldest();
      memory = map(bytes);
    }
    if (memory == nullptr) throw std::bad_alloc();
    use({memory, bytes});
    return memory;
  }

  // False if the memory is not a block.
  bool give_back(void* memory) {
    const std::lock_guard lock(mutex_);
    const auto used = used_.find(memory);
    if (used == used_.end()) return false;
    used_bytes_ -= used->second;
    kept_bytes_ += used->second;
    kept_.push_back({memory, used->second});
    used_.erase(used);
    return true;
  }

  void unmap_all() {
    const std::lock_guard lock(mutex_);
    while (!kept_.empty()) unmap_oldest();
    peak_ = used_bytes_;
  }

 private:
  // The smallest kept block that is large enough and not an eighth too large.
  void* take_kept(std::size_t bytes) {
    auto best = kept_.end();
    for (auto block = kept_.begin(); block != kept_.end(); ++block) {
      if (block->bytes < bytes || block->bytes > bytes + bytes / 8) continue;
      if (best == kept_.end() || block->bytes < best->bytes) best = block;
    }
    if (best == kept_.end()) return nullptr;
    const Block block = *best;
    kept_.erase(best);
    kept_bytes_ -= block.bytes;
    use(block);
    peak_ = std::max(peak_, used_bytes_);
    return block.memory;
  }

  void use(const Block& block) {
    used_.emplace(block.memory, block.bytes);
    used_bytes_ += block.bytes;
  }

  void unmap_oldest() {
    ::munmap(kept_.front().memory, kept_.front().bytes);
    kept_bytes_ -= kept_.front().bytes;
    kept_.erase(kept_.begin());
  }

  std::mutex mutex_;
  std::unordered_map<void*, std::size_t> used_;
  std::vector<Block> kept_;  // in the order in which they were freed
  std::size_t used_bytes_ = 0, kept_bytes_ = 0, peak_ = 0;
};

// Never destroyed: tensors with static storage may be freed after everything else.
BlockCache& cache() {
  static auto* const blocks = new BlockCache;
  return *blocks;
}

// oneDNN's memory is freed without its DataPtr, whatever its size.
void free_any(void* memory) {
  if (!cache().give_back(memory)) c10::GetDefaultCPUAllocator()->raw_deallocate(memory);
}

class BlockAllocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    if (bytes < kSmallestBlock) return c10::GetDefaultCPUAllocator()->allocate(bytes);
    void* memory = cache().take(bytes);
    return {memory, memory, &free_any, at::kCPU};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &free_any; }

  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

}  // namespace

void keep_blocks() {
  // Never destroyed, as the cache.
  static auto* const blocks = new BlockAllocator;
  c10::SetCPUAllocator(blocks, /*priority=*/1);
}

void return_kept_blocks() { cache().unmap_all(); }

}  // namespace zoetrope
