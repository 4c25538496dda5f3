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

TEST(WanDenoiser, GivesTheReferencesVelocityWhereTheFirstFrameIsHeldAtTimeZero) {
  TinyTransformer tiny;
  tiny.channels = 48;
  const WanDenoiser denoiser(TransformerFolder(tiny).load());
  Condition condition{text()};
  condition.held = latents(48).slice(2, 0, 1);
  expect_golden(denoiser.velocity(latents(48), 750, condition),
                "ti2v_tiny per-token (frame0 t=0, rest 750)", kTolerance);
}

TEST(WanTransformer, OneTimeForAllTokensIsTheSameTimeForEachRunOfThem) {
  TinyTransformer tiny;
  tiny.channels = 48;
  const WanTransformer transformer = TransformerFolder(tiny).load();
  WanPrompt prompt = transformer.prompt(text(), {});
  const Rope rope = make_rope(3, 2, 2, tiny.head_dim);
  const TokenTimes one_time{at::full({1}, 750, at::kFloat), {}};
  const TokenTimes three_times{at::full({3}, 750, at::kFloat), {1, 7, 12}};
  const Tensor one = transformer.forward(latents(48), one_time, {&prompt}, rope)[0];
  const Tensor three = transformer.forward(latents(48), three_times, {&prompt}, rope)[0];
  EXPECT_LE(largest_difference(one, three), kTolerance);
}

struct ImageCase {
  const char* golden;
  bool attention;
  std::int64_t positions, rows, text_rows;
};

TEST(WanDenoiser, GivesTheReferencesVelocityForAStillThatItLooksAt) {
  const ImageCase cases[] = {
      {"i2v_tiny added_kv ctx512", true, 0, 5, 512},
      {"i2v_tiny image_dim only (diffusers test style) ctx16", false, 0, 5, 16},
      {"flf_tiny pos_embed ctx512", true, 10, 10, 512},
  };
  for (const ImageCase& c : cases) {
    TinyTransformer tiny;
    tiny.in_channels = 36;
    tiny.image_dim = 8;
    tiny.image_positions = c.positions;
    tiny.image_attention = c.attention;
    const WanDenoiser denoiser(TransformerFolder(tiny).load());
    Condition condition{golden_tensor(1001, {1, c.text_rows, 32})};
    condition.image = golden_tensor(1002, {c.rows / 5, 5, 8}).view({1, c.rows, 8});
    condition.appended = latents(36).slice(1, 16);
    const Tensor x = latents(36).slice(1, 0, 16);
    expect_golden(denoiser.velocity(x, 900, condition), c.golden, kTolerance);
  }
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

TEST(WanDenoiser, InBf16CountsTheRowsThatFillAShortPromptUp) {
  const TransformerFolder folder{TinyTransformer{}};
  const WanDenoiser fp32(folder.load()), bf16(folder.load(at::kBFloat16));
  const auto filled = [](std::int64_t rows) {
    return Condition{at::cat({text().slice(1, 0, 3), at::zeros({1, rows, 32})}, 1)};
  };
  const Condition condition = filled(60);
  const Tensor exact = fp32.velocity(latents(), 500, condition);
  EXPECT_LE(rms(bf16.velocity(latents(), 500, condition) - exact), 0.02 * rms(exact));
  // What it would be if the rows counted once, or were left out.
  EXPECT_GT(rms(fp32.velocity(latents(), 500, filled(1)) - exact), 0.05 * rms(exact));
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

TEST(WanDenoiser, GivesTwoPromptsTogetherWhatEachGetsAlone) {
  const TransformerFolder folder{TinyTransformer{}};
  const Condition one{golden_tensor(1100, {1, 16, 32})}, other{golden_tensor(1101, {1, 16, 32})};
  const Tensor first = WanDenoiser(folder.load()).velocity(latents(), 500, one);
  const Tensor second = WanDenoiser(folder.load()).velocity(latents(), 500, other);
  EXPECT_FALSE(at::equal(first, second));
  for (const std::int64_t kept : {0, 4}) {
    const WanDenoiser denoiser(folder.load(at::kFloat, kept));
    for (const auto& [conditions, expected] :
         {std::pair(std::vector{one, other}, std::vector{first, second}),
          std::pair(std::vector{other, one}, std::vector{second, first}),
          std::pair(std::vector{one, one}, std::vector{first, first})}) {
      const std::vector<Tensor> found = denoiser.velocities(latents(), 500, conditions);
      for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(at::equal(found[i], expected[i]));
    }
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

TEST(WanTransformer, GivesTheSameWithBlocksThatAreReadWhenTheyRun) {
  TinyTransformer tiny;
  tiny.layers = 4;
  const TransformerFolder folder(tiny);
  const Condition condition{text()};
  const Tensor expected = WanDenoiser(folder.load()).velocity(latents(), 500, condition);
  for (const std::int64_t kept : {0, 1, 3, 4}) {
    const WanDenoiser denoiser(folder.load(at::kFloat, kept));
    EXPECT_TRUE(at::equal(denoiser.velocity(latents(), 500, condition), expected));
    EXPECT_TRUE(at::equal(denoiser.velocity(latents(), 500, condition), expected));
  }
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
