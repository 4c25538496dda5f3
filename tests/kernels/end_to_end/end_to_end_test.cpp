// The starter's denoising loop with the CUDA kernels on the emulator.

#include <gtest/gtest.h>

#include "api/latents_file.h"
#include "implementation.h"
#include "ops/device_kernels.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"
#include "zoetrope/generator.h"

namespace zoetrope {
namespace {

/// How often each kernel was launched while the engine believed to have a device.
struct Launches {
  int rows = 0, attention = 0;
};
Launches launches;
bool has_device = false;

template <typename Args>
int run_rows(const Args& args, std::int64_t begin, std::int64_t end, kernels::CudaStream) {
  ++launches.rows;
  kernels::test::run(args, begin, end);
  return 0;
}

int run_silu(const kernels::RmsNormArgs& args, std::int64_t begin, std::int64_t end,
             kernels::CudaStream) {
  ++launches.rows;
  kernels::test::run_silu(args, begin, end);
  return 0;
}

int run_attention(const kernels::AttentionArgs& args, kernels::CudaStream) {
  ++launches.attention;
  kernels::test::run(args);
  return 0;
}

}  // namespace

namespace ops {

// In the place of src/ops/no_cuda.cpp.
const DeviceKernels* device_kernels(const Tensor& /*tensor*/) {
  static const DeviceKernels emulated = {run_rows<kernels::GatedResidualArgs>,
                                         run_rows<kernels::LayerNormModulateArgs>,
                                         run_rows<kernels::QkNormRopeArgs>,
                                         run_rows<kernels::RmsNormArgs>,
                                         run_silu,
                                         run_attention,
                                         nullptr};
  return has_device ? &emulated : nullptr;
}

}  // namespace ops

namespace {

constexpr int kSteps = 2, kBlocks = 10;  // of the starter's transformer

struct Sampling {
  std::string dtype;
  int of_steps;  // of which kSteps are made
  bool on_device;
};

class StarterOnTheEmulator : public testing::Test {
 protected:
  Tensor latents(const Sampling& run) {
    Generator generator({.folder = ZOETROPE_SOURCE_DIR "/models/starter"},
                        {.dtype = run.dtype, .threads = 1});
    GenerationRequest request;
    request.prompt = "a red ball rolls to the right";
    request.width = 256;
    request.height = 160;
    request.num_frames = 5;  // 80 tokens, a tile of attention and a quarter
    request.steps = run.of_steps;
    request.seed = 7;
    RunHooks hooks;
    hooks.on_progress = [](const Progress& progress) {
      has_device = has_device && progress.stage != Stage::kDecode;
    };
    hooks.stop_requested = [asked = 0]() mutable { return asked++ >= kSteps; };
    const auto file = folder.path() / "latents.safetensors";
    launches = {};
    has_device = run.on_device;
    EXPECT_ERROR(generator.generate(generator.resolve(request), sink, hooks, {.state = file}),
                 ErrorCode::kStopped, "stopped on request");
    has_device = false;
    return read_latents(file);
  }

  static double difference(const Tensor& a, const Tensor& b) {
    return ((a - b).norm() / b.norm()).item<double>();
  }

  struct NoFrames : FrameSink {
    void write(const FrameView& /*frames*/) override { ADD_FAILURE() << "decoded"; }
    void finish() override {}
  } sink;
  test::TemporaryFolder folder;
};

TEST_F(StarterOnTheEmulator, DenoisesInFp32AsOnTheCpu) {
  const Tensor cpu = latents({"fp32", kSteps, /*on_device=*/false});
  EXPECT_EQ(launches.rows, 0);
  const Tensor emulated = latents({"fp32", kSteps, /*on_device=*/true});
  EXPECT_EQ(launches.attention, 0);  // its kernel is of bf16
  // A block's three norms, two gates, q and k of the clip, and q for the text.
  EXPECT_GE(launches.rows, kSteps * 2 * kBlocks * 7);
  EXPECT_LE(difference(emulated, cpu), 2e-5);
}

TEST_F(StarterOnTheEmulator, MakesTheFirstOfManyStepsInBf16AsOnTheCpu) {
  const Tensor cpu = latents({"bf16", 20, /*on_device=*/false});
  EXPECT_EQ(launches.attention, 0);
  const Tensor emulated = latents({"bf16", 20, /*on_device=*/true});
  // Each block attends to the clip and to the text, for the prompt and for the negative one.
  EXPECT_EQ(launches.attention, kSteps * 2 * kBlocks * 2);
  EXPECT_LE(difference(emulated, cpu), 5e-3);
}

// In two steps of guidance from pure noise the rounding of bf16 grows to several percent, so that
// no two orders of its sums agree.
TEST_F(StarterOnTheEmulator, IsAsFarFromFp32AsTheCpuIs) {
  const Tensor exact = latents({"fp32", kSteps, /*on_device=*/false});
  const Tensor cpu = latents({"bf16", kSteps, /*on_device=*/false});
  const Tensor emulated = latents({"bf16", kSteps, /*on_device=*/true});
  EXPECT_LE(difference(emulated, exact), 1.25 * difference(cpu, exact));
}

}  // namespace
}  // namespace zoetrope
