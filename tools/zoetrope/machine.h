#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace zoetrope::cli {

/// What the machine offers this process.
struct Machine {
  std::string processor;              ///< "Intel(R) Xeon(R) …"; empty if unknown
  std::vector<std::string> features;  ///< of those that matter here: avx2, avx512f, amx_bf16 …
  int threads = 1;                    ///< that this process may run on
  std::int64_t memory_bytes = 0;      ///< of the machine, or of this process's control group
  std::int64_t available_bytes = 0;   ///< without swapping
};

/// Reads /proc and /sys; what can't be read keeps its default.
Machine describe_machine();

}  // namespace zoetrope::cli
