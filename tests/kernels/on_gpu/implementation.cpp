#include "implementation.h"

#include <algorithm>
#include <cstdlib>

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include "kernels/memory.h"

namespace zoetrope::kernels::test {
namespace {

/// Skips all tests where there is no GPU; ZOETROPE_REQUIRE_GPU=1 makes that a failure.
class NeedsGpu : public testing::Environment {
 public:
  void SetUp() override {
    int devices = 0;
    if (cudaGetDeviceCount(&devices) == cudaSuccess && devices > 0) return;
    const char* required = std::getenv("ZOETROPE_REQUIRE_GPU");
    if (required != nullptr && std::string(required) == "1") FAIL() << "there is no GPU";
    GTEST_SKIP() << "there is no GPU: the CUDA kernels were not run";
  }
};
[[maybe_unused]] const auto* const kNeedsGpu = testing::AddGlobalTestEnvironment(new NeedsGpu);

struct Pages {
  std::uintptr_t begin, end;
};

/// The pages of all spans, none twice.
std::vector<Pages> pages_of(const Memory& memory) {
  constexpr std::uintptr_t kPage = 4096;
  std::vector<Pages> pages, joined;
  for (const Memory::Span& span : memory.spans()) {
    const auto begin = reinterpret_cast<std::uintptr_t>(span.begin);
    pages.push_back({begin / kPage * kPage, (begin + span.bytes + kPage - 1) / kPage * kPage});
  }
  std::sort(pages.begin(), pages.end(),
            [](const Pages& a, const Pages& b) { return a.begin < b.begin; });
  for (const Pages& next : pages) {
    if (!joined.empty() && next.begin <= joined.back().end) {
      joined.back().end = std::max(joined.back().end, next.end);
    } else {
      joined.push_back(next);
    }
  }
  return joined;
}

/// The GPU reads and writes the tests' memory by the addresses that the CPU knows.
template <typename Kernel>
void run_on_gpu(const Memory& memory, const Kernel& kernel) {
  const std::vector<Pages> pages = pages_of(memory);
  for (const Pages& range : pages) {
    ASSERT_EQ(cudaHostRegister(reinterpret_cast<void*>(range.begin), range.end - range.begin,
                               cudaHostRegisterMapped),
              cudaSuccess);
  }
  EXPECT_EQ(kernel(), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  for (const Pages& range : pages) {
    EXPECT_EQ(cudaHostUnregister(reinterpret_cast<void*>(range.begin)), cudaSuccess);
  }
}

}  // namespace

void run(const FramePixelsArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(memory_of(args, begin, end),
             [&] { return frame_pixels_cuda(args, begin, end, nullptr); });
}
void run(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(memory_of(args, begin, end),
             [&] { return gated_residual_cuda(args, begin, end, nullptr); });
}
void run(const GatherArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(memory_of(args, begin, end), [&] { return gather_cuda(args, begin, end, nullptr); });
}
void run(const GuidedStepArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(memory_of(args, begin, end),
             [&] { return guided_step_cuda(args, begin, end, nullptr); });
}
void run(const LayerNormModulateArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(memory_of(args, begin, end),
             [&] { return layer_norm_modulate_cuda(args, begin, end, nullptr); });
}
void run(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(memory_of(args, begin, end), [&] { return rms_norm_cuda(args, begin, end, nullptr); });
}
void run_silu(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(memory_of(args, begin, end),
             [&] { return rms_norm_silu_cuda(args, begin, end, nullptr); });
}
void run(const QkNormRopeArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(memory_of(args, begin, end),
             [&] { return qk_norm_rope_cuda(args, begin, end, nullptr); });
}
void run(const AttentionArgs& args) {
  run_on_gpu(memory_of(args), [&] { return attention_cuda(args, nullptr); });
}

}  // namespace zoetrope::kernels::test
