// What g++ -fsanitize=thread calls at each plain access of the kernels. Kernels are compiled with
// it but not linked to its runtime: these take its place.

#include "kernels/emulator/machine.h"

namespace {

using emulator::Access;

inline void note(const void* address, unsigned bytes, Access kind, const void* return_address) {
  emulator::Machine* machine = emulator::machine();
  if (machine == nullptr || !machine->runs_a_thread()) return;
  machine->access(address, bytes, kind, emulator::site_of(return_address));
}

/// In the largest pieces that the address allows, as a compiler without better knowledge would.
inline void note_range(const void* address, std::size_t bytes, Access kind,
                       const void* return_address) {
  const auto* at = static_cast<const char*>(address);
  const bool by_words = (reinterpret_cast<std::uintptr_t>(at) | bytes) % 4 == 0;
  const unsigned piece = by_words ? 4 : 1;
  for (std::size_t done = 0; done < bytes; done += piece) {
    note(at + done, piece, kind, return_address);
  }
}

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
#define EMULATOR_HOOKS(bytes)                                                                      \
  void __tsan_read##bytes(void* p) { note(p, bytes, Access::kRead, __builtin_return_address(0)); } \
  void __tsan_write##bytes(void* p) {                                                              \
    note(p, bytes, Access::kWrite, __builtin_return_address(0));                                   \
  }                                                                                                \
  void __tsan_unaligned_read##bytes(void* p) {                                                     \
    note_range(p, bytes, Access::kRead, __builtin_return_address(0));                              \
  }                                                                                                \
  void __tsan_unaligned_write##bytes(void* p) {                                                    \
    note_range(p, bytes, Access::kWrite, __builtin_return_address(0));                             \
  }

extern "C" {
EMULATOR_HOOKS(1)
EMULATOR_HOOKS(2)
EMULATOR_HOOKS(4)
EMULATOR_HOOKS(8)
EMULATOR_HOOKS(16)

void __tsan_read_range(void* p, std::size_t bytes) {
  note_range(p, bytes, Access::kRead, __builtin_return_address(0));
}
void __tsan_write_range(void* p, std::size_t bytes) {
  note_range(p, bytes, Access::kWrite, __builtin_return_address(0));
}
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void*, void*) {}
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
