#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/emulator/emulator.h"

namespace zoetrope::kernels::test {

/// The memory that a kernel may use, and how it is put back between runs.
class Memory {
 public:
  struct Rows {
    std::int64_t begin = 0, end = 0, stride = 0, dim = 0;  // of elements
    std::size_t element_bytes = 0;
  };
  void input(const void* base, const Rows& rows) { add(base, rows, emulator::Use::kInput); }
  void output(const void* base, const Rows& rows) { add(base, rows, emulator::Use::kOutput); }

  void allow_in(emulator::Emulation& emulation) const;
  std::vector<std::vector<unsigned char>> outputs() const;
  void restore(const std::vector<std::vector<unsigned char>>& outputs) const;

 private:
  struct Span {
    unsigned char* begin;
    std::size_t bytes;
    emulator::Use use;
  };
  void add(const void* base, const Rows& rows, emulator::Use use);
  std::vector<Span> spans_;
};

/// Which schedules a test runs: all of them with the copy timings, or few where it is long.
std::vector<emulator::Options> every_schedule();
std::vector<emulator::Options> every_schedule_and_copy_timing();

using Kernel = std::function<int()>;

/// See implementation.h.
void expect_faultless(const Memory& memory, const Kernel& kernel,
                      const std::vector<emulator::Options>& ways);

struct Barriers {
  std::vector<std::string> all, needless;  // "file:line"
};

/// Leaves out each barrier and wait in turn; needless are those that nobody missed.
Barriers barriers_of(const Memory& memory, const Kernel& kernel);

/// Counts a run's requests.
std::vector<emulator::Traffic> traffic_of(const Memory& memory, const Kernel& kernel);

}  // namespace zoetrope::kernels::test
