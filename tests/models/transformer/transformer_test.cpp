#include "models/wan/transformer.h"

#include <cmath>

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "tiny_transformer.h"

namespace zoetrope::test {
namespace {

constexpr double kTolerance = 2e-5;

Tensor latents(std::int64_t channels = 16) { return golden_tensor(1000, {1, channels, 3, 4, 4}); }
Tensor text() { return golden_tensor(1001, {1, 16, 32}); }

double largest_difference(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

double rms(const Tensor& x) { return x.to(at::kDouble).square().mean().sqrt().item<double>(); }

TEST(WanDenoiser, GivesTheReferencesVelocityAtBothEndsOfTheSchedule) {
  const WanDenoiser denoiser(TransformerFolder(TinyTransformer{}).load());
  const Condition condition{text()};
  expect_golden(denoiser.velocity(latents(), 999, condition), "t2v_tiny t=999", kTolerance);
  expect_golden(denoiser.velocity(latents(), 37, condition), "t2v_tiny t=37", kTolerance);
}

TEST(WanTransformer, GivesTheReferencesVelocityWhereTokensHaveTimesOfTheirOwn) {
  TinyTransformer tiny;
  tiny.channels = 48;
  const WanTransformer transformer = TransformerFolder(tiny).load();
  Tensor timesteps = at::full({12}, 750, at::kFloat);
  timesteps.slice(0, 0, 4).zero_();  // the tokens of the first frame
  const Tensor v = transformer.forward(latents(48), timesteps, transformer.prompt(text()),
                                       make_rope(3, 2, 2, tiny.head_dim));
  expect_golden(v, "ti2v_tiny per-token (frame0 t=0, rest 750)", kTolerance);
}

TEST(WanTransformer, OneTimeForAllTokensIsTheSameTimeForEachOfThem) {
  TinyTransformer tiny;
  tiny.channels = 48;
  const WanTransformer transformer = TransformerFolder(tiny).load();
  const auto prompt = transformer.prompt(text());
  const Rope rope = make_rope(3, 2, 2, tiny.head_dim);
  const Tensor one = transformer.forward(latents(48), at::full({1}, 750, at::kFloat), prompt, rope);
  const Tensor each =
      transformer.forward(latents(48), at::full({12}, 750, at::kFloat), prompt, rope);
  EXPECT_LE(largest_difference(one, each), kTolerance);
}

TEST(WanDenoiser, InBf16StaysWithinAFewHundredthsOfFp32) {
  const TransformerFolder folder{TinyTransformer{}};
  const WanDenoiser fp32(folder.load()), bf16(folder.load(at::kBFloat16));
  const Condition condition{text()};
  const Tensor exact = fp32.velocity(latents(), 500, condition);
  const Tensor rounded = bf16.velocity(latents(), 500, condition);
  EXPECT_EQ(rounded.scalar_type(), at::kFloat);
  // 8 bits of precision and about 40 roundings on the way.
  EXPECT_LE(rms(rounded - exact), 0.02 * rms(exact));
  EXPECT_GT(rms(rounded - exact), 0);
}

TEST(WanDenoiser, TellsPromptsApartWhoseTensorsComeAndGo) {
  const TransformerFolder folder{TinyTransformer{}};
  const WanDenoiser kept(folder.load());
  for (int i = 0; i < 5; ++i) {
    const Condition condition{golden_tensor(static_cast<std::uint64_t>(1100 + i), {1, 16, 32})};
    const WanDenoiser fresh(folder.load());
    const Tensor expected = fresh.velocity(latents(), 500, condition);
    EXPECT_TRUE(at::equal(kept.velocity(latents(), 500, condition), expected));
    EXPECT_TRUE(at::equal(kept.velocity(latents(), 500, condition), expected));
  }
}

TEST(WanDenoiser, TakesLatentsOfAnotherSizeFromOneCallToTheNext) {
  const TransformerFolder folder{TinyTransformer{}};
  const WanDenoiser kept(folder.load()), fresh(folder.load());
  const Condition condition{text()};
  const Tensor wide = golden_tensor(1000, {1, 16, 1, 2, 8});
  (void)kept.velocity(latents(), 500, condition);
  EXPECT_TRUE(at::equal(kept.velocity(wide, 500, condition), fresh.velocity(wide, 500, condition)));
}

TEST(WanDenoiser, RefusesSizesThatItsPositionsDoNotReach) {
  const WanDenoiser denoiser(TransformerFolder(TinyTransformer{}).load());
  const Condition condition{text()};
  EXPECT_ERROR(denoiser.velocity(at::zeros({1, 16, 33, 2, 2}), 1, condition), ErrorCode::kUsage,
               "denoise: 33 latent frames (expected a multiple of 1, at most 32)");
  EXPECT_ERROR(denoiser.velocity(at::zeros({1, 16, 1, 2, 66}), 1, condition), ErrorCode::kUsage,
               "denoise: 66 latent columns (expected a multiple of 2, at most 64)");
  EXPECT_ERROR(denoiser.velocity(at::zeros({1, 16, 1, 3, 2}), 1, condition), ErrorCode::kUsage,
               "denoise: 3 latent rows (expected a multiple of 2");
}

TEST(WanTransformer, RunsWithoutANormBeforeCrossAttention) {
  TinyTransformer tiny;
  tiny.cross_attn_norm = false;
  const TransformerFolder folder(tiny);
  EXPECT_FALSE(folder.config().cross_attn_norm);
  const Tensor v = WanDenoiser(folder.load()).velocity(latents(), 500, {text()});
  EXPECT_TRUE(v.isfinite().all().item<bool>());
}

TEST(MakeRope, SharesTheChannelsOutToFrameRowAndColumn) {
  const Rope rope = make_rope(3, 2, 5, 128);  // 22, 21 and 21 pairs
  ASSERT_EQ(rope.cos.sizes().vec(), (std::vector<std::int64_t>{30, 64}));
  const auto expect_angle = [&](std::int64_t token, std::int64_t pair, double angle) {
    EXPECT_NEAR(rope.cos[token][pair].item<double>(), std::cos(angle), 1e-7);
    EXPECT_NEAR(rope.sin[token][pair].item<double>(), std::sin(angle), 1e-7);
  };
  const std::int64_t token = (2 * 2 + 1) * 5 + 4;  // frame 2, row 1, column 4
  expect_angle(token, 0, 2);
  expect_angle(token, 21, 2 * std::pow(10000, -42.0 / 44));
  expect_angle(token, 22, 1);
  expect_angle(token, 42, std::pow(10000, -40.0 / 42));
  expect_angle(token, 43, 4);
  expect_angle(token, 63, 4 * std::pow(10000, -40.0 / 42));
}

}  // namespace
}  // namespace zoetrope::test
