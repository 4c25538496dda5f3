#include <gtest/gtest.h>

#include "core/json.h"
#include "models/transformer/tiny_transformer.h"
#include "models/vae/loaded_vae.h"
#include "models/wan/still_encoder.h"
#include "pipeline/experts.h"
#include "sampling/denoise.h"
#include "tensor/random.h"

namespace zoetrope::test {
namespace {

// Guidance of 5 over four steps amplifies what two fp32 implementations differ by.
constexpr double kTolerance = 1e-4;

// How Wan 2.1's autoencoder normalises its latents: config.json of the released checkpoints.
const std::vector<double> kMean = {-0.7571, -0.7089, -0.9113, 0.1075,  -0.1745, 0.9653,
                                   -0.1517, 1.5508,  0.4134,  -0.0715, 0.5517,  -0.3632,
                                   -0.1922, -0.9497, 0.2503,  -0.2921};
const std::vector<double> kStd = {2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743,
                                  3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160};

Json list(const std::vector<double>& values) {
  Json json{Json::Array{}};
  for (const double value : values) json.append(Json(value));
  return json;
}

VaeFolder vae21() {
  const TinyVae vae = vae21_tiny();
  Json config = Json::parse(vae.config_json(), "the tiny autoencoder");
  config.set("latents_mean", list(kMean));
  config.set("latents_std", list(kStd));
  return {config.dump(), vae.shapes()};
}

// As the references give videos: [1, 3, F, H, W] in [0, 1].
Tensor video(const VaeFolder& vae, const Tensor& latents) {
  const WanVideoDecoder decoder = vae.decoder();
  return all_frames(*decoder.decode(latents)).transpose(0, 1).unsqueeze(0);
}

// What stands in the prompt of `condition`, and guidance away from the golden negative text.
Guidance guidance(double scale, Condition condition = {}) {
  Guidance result{.prompt = condition, .negative = condition, .scale = scale};
  result.prompt.text = golden_tensor(1001, {1, 16, 32});
  result.negative->text = golden_tensor(1004, {1, 16, 32});
  return result;
}

// Four steps from the golden noise.
Tensor denoised(const Denoiser& denoiser, const SamplerConfig& config, const Guidance& guidance,
                std::int64_t channels = 16) {
  const auto sampler = make_sampler(config, 4);
  const Tensor noise = golden_tensor(1005, {1, channels, 3, 4, 4});
  return denoise(denoiser, {noise}, guidance, *sampler, {}).latents;
}

void expect_clip(const std::string& scheduler, const std::string& golden) {
  const WanDenoiser denoiser(TransformerFolder(TinyTransformer{}).load());
  const Tensor latents = denoised(denoiser, {.scheduler = scheduler, .flow_shift = 3}, guidance(5));
  expect_golden(latents, golden + " latents", kTolerance);
  expect_golden(video(vae21(), latents), golden + " video[0,1]", kTolerance);
}

TEST(TextToVideo, WithUniPcGivesTheReferencesLatentsAndFrames) {
  expect_clip("unipc", "e2e t2v unipc shift3 N4 g5");
}

TEST(TextToVideo, WithEulerGivesTheReferencesLatentsAndFrames) {
  expect_clip("euler", "e2e t2v fm-euler shift3 N4 g5");
}

TEST(TextToVideo, OfTwoExpertsGivesTheReferencesLatentsAndFrames) {
  const TransformerFolder high(TinyTransformer{}), low(TinyTransformer{}, 5000);
  const auto loaded = [](const TransformerFolder& folder) {
    return Lazy<Denoiser>(
        [&folder](const ByteCounter&) { return std::make_unique<WanDenoiser>(folder.load()); }, 0);
  };
  Pipeline pipeline;
  pipeline.denoiser = loaded(high);
  pipeline.low_noise_denoiser = loaded(low);
  pipeline.boundary = 875;
  Guidance guided = guidance(4);
  guided.scale_below = 3;
  guided.boundary = pipeline.boundary;
  const RunHooks hooks;
  const Tensor latents =
      denoised(Experts(pipeline, hooks), {.scheduler = "unipc", .flow_shift = 3}, guided);
  const std::string golden = "e2e t2v two experts b0.875 unipc shift3 N4 g4/3";
  expect_golden(latents, golden + " latents", kTolerance);
  expect_golden(video(vae21(), latents), golden + " video[0,1]", kTolerance);
}

TEST(ImageToVideo, WithTheStillsLatentsAppendedGivesTheReferencesLatents) {
  const Tensor still = golden_tensor(1006, {3, 32, 32}, 0.5), grey = at::zeros({3, 32, 32});
  const WanVideoEncoder encoder = vae21().encoder();
  const Tensor seen = encoder.encode(9, [&](std::int64_t i) { return i == 0 ? still : grey; });
  Condition condition;
  condition.appended = at::cat({given_frames_mask(seen, 4, /*last_is_given=*/false), seen}, 1);
  expect_golden(condition.appended, "i2v condition (mask4+latent16) 9 frames 32x32", kTolerance);

  TinyTransformer tiny;
  tiny.in_channels = 36;
  const WanDenoiser denoiser(TransformerFolder(tiny).load());
  expect_golden(
      denoised(denoiser, {.scheduler = "unipc", .flow_shift = 5}, guidance(3.5, condition)),
      "e2e i2v(2.2 style, 36ch) unipc shift5 N4 g3.5 latents", kTolerance);
}

TEST(ImageToVideo, WithTheFirstFrameHeldGivesTheReferencesLatentsAndFrames) {
  const VaeFolder vae(vae22_tiny());
  const Tensor still = golden_tensor(1006, {3, 64, 64}, 0.5);
  Condition condition;
  condition.held = vae.encoder().encode(1, [&](std::int64_t) { return still; });
  TinyTransformer tiny;
  tiny.channels = 48;
  const WanDenoiser denoiser(TransformerFolder(tiny).load());
  const Tensor latents = denoised(denoiser, {.scheduler = "unipc", .flow_shift = 5},
                                  guidance(5, condition), tiny.channels);
  expect_golden(latents, "e2e ti2v image-cond unipc shift5 N4 g5 latents (latent 3x4x4)",
                kTolerance);
  expect_golden(video(vae, latents), "e2e ti2v video[0,1]", kTolerance);
}

// Numbers of wan-goldens.json, "torch_cpu_randn".
TEST(InitialNoise, IsThatOfTorchsGeneratorOnTheCpu) {
  const std::vector<double> first = {-1.12584, -1.15236, -0.250579, -0.433879,
                                     0.84871,  0.692009, -0.316013, -2.115219};
  const std::vector<double> last = {-1.078658, -0.72091, 1.470793,  0.275635,
                                    0.666781,  -0.99439, -1.189364, -1.195949};
  const std::vector<double> of_42 = {1.926915, 1.487284,  0.900717,  -2.105521,
                                     0.678418, -1.234545, -0.043067, -1.604667};
  const std::vector<std::int64_t> shape = {1, 16, 3, 2, 2};
  const Tensor noise = initial_noise(0, shape);
  EXPECT_EQ(noise.sizes().vec(), shape);
  const Tensor values = noise.flatten(), other = initial_noise(42, shape).flatten();
  for (std::int64_t i = 0; i < 8; ++i) {
    const auto at = static_cast<std::size_t>(i);
    EXPECT_NEAR(values[i].item<double>(), first[at], 1e-6);
    EXPECT_NEAR(values[values.numel() - 8 + i].item<double>(), last[at], 1e-6);
    EXPECT_NEAR(other[i].item<double>(), of_42[at], 1e-6);
  }
}

}  // namespace
}  // namespace zoetrope::test
