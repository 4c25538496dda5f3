#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernels/emulator/emulator.h"
#include "kernels/memory.h"

namespace zoetrope::kernels::test {

std::vector<emulator::Options> every_schedule();
std::vector<emulator::Options> every_schedule_and_copy_timing();

/// Launches a kernel; returns its cudaError_t.
using Kernel = std::function<int()>;

/// Runs a kernel in the emulator in each of these ways: nothing may be reported, and all must leave
/// the same bits.
void expect_faultless(const Memory& memory, const Kernel& kernel,
                      const std::vector<emulator::Options>& ways);

struct Barriers {
  std::vector<std::string> all, needless;  // "file:line"
};

/// Leaves out each barrier and wait in turn; needless are those that nobody missed.
Barriers barriers_of(const Memory& memory, const Kernel& kernel);

struct Counts {
  std::vector<emulator::Traffic> traffic;
  std::size_t shared_bytes;  // of a block
};
Counts counts_of(const Memory& memory, const Kernel& kernel);

}  // namespace zoetrope::kernels::test
