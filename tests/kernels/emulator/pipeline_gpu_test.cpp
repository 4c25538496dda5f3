#include <cstdlib>
#include <string>

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include "kernels/emulator/pipeline.h"
#include "kernels/emulator/pipeline_case.h"

namespace emulator::test {
namespace {

/// A copy in the GPU's memory of what a vector holds.
template <typename T>
class OnGpu {
 public:
  explicit OnGpu(const std::vector<T>& from) : bytes_(from.size() * sizeof(T)) {
    EXPECT_EQ(cudaMalloc(&memory_, bytes_), cudaSuccess);
    EXPECT_EQ(cudaMemcpy(memory_, from.data(), bytes_, cudaMemcpyHostToDevice), cudaSuccess);
  }
  ~OnGpu() { cudaFree(memory_); }
  OnGpu(const OnGpu&) = delete;
  OnGpu& operator=(const OnGpu&) = delete;

  T* data() { return static_cast<T*>(memory_); }
  void copy_to(std::vector<T>& to) {
    EXPECT_EQ(cudaMemcpy(to.data(), memory_, bytes_, cudaMemcpyDeviceToHost), cudaSuccess);
  }

 private:
  void* memory_ = nullptr;
  std::size_t bytes_;
};

TEST(PipelinesOnGpu, AreRight) {
  int devices = 0, major = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    const char* required = std::getenv("ZOETROPE_REQUIRE_GPU");
    if (required != nullptr && std::string(required) == "1") FAIL() << "there is no GPU";
    GTEST_SKIP() << "there is no GPU: bulk copies and wgmma were not run";
  }
  ASSERT_EQ(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0), cudaSuccess);
  if (major != 9) GTEST_SKIP() << "the GPU is none of sm_90: it has no wgmma";
  for (const bool specialised : {false, true}) {
    for (const auto& [rows, depth] : {std::pair{70, 264}, {64, 64}, {1, 8}, {130, 200}}) {
      PipelineCase with(rows, depth);
      OnGpu<zoetrope::kernels::Bf16> a(with.a), b(with.b);
      OnGpu<float> y(with.y);
      PipelinedProduct product = with.product();
      product.a = a.data();
      product.b = b.data();
      product.y = y.data();
      ASSERT_TRUE(multiply_without_bugs(product, specialised));
      ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
      y.copy_to(with.y);
      EXPECT_TRUE(with.is_right()) << rows << " x " << depth;
    }
  }
}

}  // namespace
}  // namespace emulator::test
