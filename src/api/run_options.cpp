#include "api/run_options.h"

#include <thread>

#include <ATen/Parallel.h>
#include <ATen/cpu/Utils.h>

#include "zoetrope/error.h"

namespace zoetrope {
namespace {

constexpr int kMaxThreads = 1024;

// Without bf16 arithmetic in hardware bf16 is slower than fp32.
bool multiplies_bf16() {
  const auto capabilities = at::cpu::get_cpu_capabilities();
  for (const char* name : {"avx512_bf16", "arm_bf16"}) {
    const auto found = capabilities.find(name);
    if (found != capabilities.end() && found->second.isBool() && found->second.toBool())
      return true;
  }
  return false;
}

}  // namespace

at::ScalarType compute_type(const std::string& dtype) {
  if (dtype == "fp32") return at::kFloat;
  if (dtype == "bf16") return at::kBFloat16;
  if (dtype == "auto") {
    return multiplies_bf16() ? at::kBFloat16 : at::kFloat;
  }
  throw Error(ErrorCode::kUsage,
              "use dtype '" + dtype + "': unknown (expected fp32, bf16 or auto)");
}

void use_threads(int threads) {
  if (threads < 0 || threads > kMaxThreads) {
    throw Error(ErrorCode::kUsage, "use " + std::to_string(threads) +
                                       " threads: out of range (expected 1 to " +
                                       std::to_string(kMaxThreads) + ", or 0 for one a core)");
  }
  at::set_num_threads(threads > 0 ? threads
                                  : static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace zoetrope
