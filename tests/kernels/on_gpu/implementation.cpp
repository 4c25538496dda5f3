#include "implementation.h"

#include <cstdlib>

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include "kernels/moved_memory.h"

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

Place device_memory() {
  Place place;
  place.allocate = [](std::size_t bytes) {
    void* memory = nullptr;
    EXPECT_EQ(cudaMalloc(&memory, bytes), cudaSuccess);
    EXPECT_EQ(cudaMemset(memory, 0xff, bytes), cudaSuccess);
    return memory;
  };
  place.free = [](void* memory) { EXPECT_EQ(cudaFree(memory), cudaSuccess); };
  place.copy_in = [](void* to, const void* from, std::size_t bytes) {
    EXPECT_EQ(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice), cudaSuccess);
  };
  place.copy_out = [](void* to, const void* from, std::size_t bytes) {
    EXPECT_EQ(cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost), cudaSuccess);
  };
  return place;
}

template <typename Args, typename Kernel, typename... Range>
void run_on_gpu(const Args& args, const Kernel& kernel, Range... range) {
  run_moved(memory_of(args, range...), device_memory(), args, [&](const Args& moved) {
    EXPECT_EQ(kernel(moved, range..., nullptr), cudaSuccess);
    EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  });
}

}  // namespace

void run(const FramePixelsArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(args, frame_pixels_cuda, begin, end);
}
void run(const GatedResidualArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(args, gated_residual_cuda, begin, end);
}
void run(const GatherArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(args, gather_cuda, begin, end);
}
void run(const GuidedStepArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(args, guided_step_cuda, begin, end);
}
void run(const LayerNormModulateArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(args, layer_norm_modulate_cuda, begin, end);
}
void run(const LayerNormQuantiseArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(args, layer_norm_quantise_cuda, begin, end);
}
void run(const QkNormRopeArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(args, qk_norm_rope_cuda, begin, end);
}
void run(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(args, rms_norm_cuda, begin, end);
}
void run_silu(const RmsNormArgs& args, std::int64_t begin, std::int64_t end) {
  run_on_gpu(args, rms_norm_silu_cuda, begin, end);
}
void run(const AttentionArgs& args) { run_on_gpu(args, attention_cuda); }

}  // namespace zoetrope::kernels::test
