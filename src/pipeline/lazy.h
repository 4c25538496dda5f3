#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/heap.h"
#include "tensor/block_cache.h"
#include "zoetrope/hooks.h"

namespace zoetrope {

/// Told the bytes of each tensor as it is read from disk.
using ByteCounter = std::function<void(std::uint64_t)>;

/// A component that is loaded on first use and can be dropped to give its memory back.
template <typename Component>
class Lazy {
 public:
  using Load = std::function<std::unique_ptr<Component>(const ByteCounter&)>;

  Lazy() = default;
  /// total_bytes: what `load` will read, for progress.
  Lazy(Load load, std::int64_t total_bytes) : load_(std::move(load)), total_bytes_(total_bytes) {}

  const Component& get(const RunHooks& hooks) {
    if (!component_) {
      std::int64_t done = 0;
      component_ = load_([&](std::uint64_t bytes) {
        done += static_cast<std::int64_t>(bytes);
        hooks.progress(Stage::kLoad, done, total_bytes_);
      });
    }
    return *component_;
  }

  /// Gives the memory back, unless the component is to be kept.
  void drop() {
    if (kept_ || !component_) return;
    component_.reset();
    return_kept_blocks();
    return_free_memory();
  }

  /// Whether it outlives drop(), for the next clip.
  void keep(bool kept) { kept_ = kept; }

  /// Whether there is something to load: an optional component may not be there.
  explicit operator bool() const { return static_cast<bool>(load_); }

 private:
  Load load_;
  std::int64_t total_bytes_ = 0;
  std::unique_ptr<Component> component_;
  bool kept_ = false;
};

}  // namespace zoetrope
