#include <gtest/gtest.h>

#include "loaded_vae.h"
#include "support/expect_error.h"
#include "whole_sequence.h"

namespace zoetrope::test {
namespace {

// pixels: [1, 3, F, H, W] in [-1, 1].
Tensor encode(const WanVideoEncoder& encoder, const Tensor& pixels) {
  return encoder.encode(pixels.size(2),
                        [&](std::int64_t i) { return pixels.select(2, i).squeeze(0); });
}

// A wider first block than the last, fewer channels than the input, and a pattern in time that no
// released model has.
TinyVae narrowing22() {
  return {.base_dim = 4,
          .decoder_base_dim = 8,
          .z_dim = 5,
          .dim_mult = {2, 4, 1},
          .num_res_blocks = 2,
          .temperal_downsample = {true, false},
          .is_residual = true,
          .patch_size = 3};
}

// Time is halved three times, so that a chunk is eight frames.
TinyVae eightfold21() { return {.temperal_downsample = {true, true, true}}; }

TEST(WanVideoEncoder, EncodesWhatTheReferenceEncodes) {
  const std::tuple<const char*, TinyVae> cases[] = {{"vae21_tiny", vae21_tiny()},
                                                    {"vae22_tiny", vae22_tiny()},
                                                    {"vae21_b", vae21_b()},
                                                    {"vae22_b", vae22_b()}};
  for (const auto& [name, vae] : cases) {
    const std::int64_t side = 2 * VaeFolder(vae).config().spatial_compression();
    const Tensor pixels = golden_tensor(1000, {1, 3, 9, side, side}, 0.5);
    expect_golden(encode(VaeFolder(vae).encoder(), pixels), std::string(name) + " encode mean",
                  1e-5);
  }
}

TEST(WanVideoEncoder, StreamsWhatTheWholeSequenceIs) {
  for (const TinyVae& vae : {vae21_tiny(), vae22_b(), unusual21(), narrowing22(), eightfold21()}) {
    const VaeFolder folder(vae);
    const WanVaeConfig config = folder.config();
    const std::int64_t side = config.spatial_compression();
    const std::int64_t frames = 1 + 3 * config.temporal_compression();
    const Tensor pixels = golden_tensor(7, {1, 3, frames, 3 * side, side}, 0.5);
    const Tensor expected = encode_whole_sequence(vae, golden_state(vae.shapes()), pixels);
    const Tensor found = encode(folder.encoder(), pixels);
    ASSERT_EQ(found.sizes(), expected.sizes());
    EXPECT_LT(largest_difference(found, expected), 1e-5);
  }
}

TEST(WanVideoEncoder, EncodesAStill) {
  const TinyVae vae = vae22_b();
  const Tensor pixels = golden_tensor(7, {1, 3, 1, 32, 48}, 0.5);
  const Tensor latents = encode(VaeFolder(vae).encoder(), pixels);
  EXPECT_EQ(latents.sizes(), at::IntArrayRef({1, 48, 1, 2, 3}));
  EXPECT_EQ(latents.scalar_type(), at::kFloat);
  EXPECT_TRUE(latents.is_contiguous());
  EXPECT_LT(
      largest_difference(latents, encode_whole_sequence(vae, golden_state(vae.shapes()), pixels)),
      1e-5);
}

TEST(WanVideoEncoder, AsksForTheFramesInOrderAndForgetsThem) {
  const WanVideoEncoder encoder = VaeFolder(vae21_tiny()).encoder();
  std::vector<std::int64_t> asked;
  std::vector<c10::weak_intrusive_ptr<at::TensorImpl>> given;
  std::size_t most = 0;
  encoder.encode(41, [&](std::int64_t i) {
    asked.push_back(i);
    const Tensor frame = at::full({3, 8, 8}, 0.1);
    given.emplace_back(frame.getIntrusivePtr());
    most = std::max<std::size_t>(most, static_cast<std::size_t>(std::ranges::count_if(
                                           given, [](const auto& g) { return !g.expired(); })));
    return frame;
  });
  ASSERT_EQ(asked.size(), 41U);
  EXPECT_TRUE(std::ranges::is_sorted(asked));
  EXPECT_EQ(std::ranges::adjacent_find(asked), asked.end());
  EXPECT_LE(most, 5U);  // a chunk, and the first, whose size the others have
}

TEST(WanVideoEncoder, RemembersNoMoreAfterFortyChunksThanAfterFive) {
  const WanVideoEncoder encoder = VaeFolder(vae22_tiny()).encoder();
  WanVaeState state;
  std::vector<std::uint64_t> bytes;
  for (int i = 0; i < 40; ++i) {
    const std::vector<Tensor> chunk(i == 0 ? 1 : 4, at::full({3, 16, 16}, 0.1));
    encoder.encode_next(chunk, state);
    bytes.push_back(state.bytes());
  }
  EXPECT_GT(bytes[5], 0U);
  EXPECT_EQ(bytes[5], bytes[39]);
}

TEST(WanVideoEncoder, NormalisesTheLatents) {
  const VaeFolder folder(vae21_tiny());
  WanVaeConfig config = folder.config();
  config.latents_mean.assign(16, 0.25);
  config.latents_std.assign(16, 2);
  config.latents_std[3] = 0.5;

  const Tensor pixels = golden_tensor(7, {1, 3, 5, 16, 16}, 0.5);
  Tensor expected = (encode(folder.encoder(), pixels) - 0.25) / 2;
  expected.select(1, 3).mul_(4);
  EXPECT_LT(largest_difference(encode(folder.load<WanVideoEncoder>(config), pixels), expected),
            1e-6);
}

TEST(WanVideoEncoder, StaysCloseInBf16) {
  for (const TinyVae& vae : {vae21_b(), vae22_b()}) {
    const VaeFolder folder(vae);
    const Tensor pixels = golden_tensor(7, {1, 3, 9, 32, 32}, 0.5);
    const Tensor exact = encode(folder.encoder(), pixels);
    const Tensor error = encode(folder.encoder(at::kBFloat16), pixels) - exact;
    EXPECT_LT((error.norm() / exact.norm()).item<double>(), 0.03);
  }
}

TEST(WanVideoEncoder, RefusesAClipThatIsNoWholeNumberOfLatents) {
  const WanVideoEncoder encoder = VaeFolder(vae21_tiny()).encoder();
  for (const std::int64_t frames : {-3, 0, 2, 8}) {
    EXPECT_ERROR(encode(encoder, at::zeros({1, 3, std::max<std::int64_t>(frames, 0), 8, 8})),
                 ErrorCode::kUsage, "(expected 1 + a multiple of 4)");
  }
}

TEST(WanVideoEncoder, RefusesFramesOfAnotherShape) {
  const WanVideoEncoder encoder = VaeFolder(vae22_tiny()).encoder();
  EXPECT_ERROR(encode(encoder, at::zeros({1, 3, 1, 16, 24})), ErrorCode::kUsage,
               "encode frames: one has shape [3, 16, 24] (expected [3, H, W], H and W multiples of "
               "16)");
  EXPECT_ERROR(encode(encoder, at::zeros({1, 4, 1, 16, 16})), ErrorCode::kUsage, "[4, 16, 16]");
  EXPECT_ERROR(encode(encoder, at::zeros({1, 3, 1, 0, 16})), ErrorCode::kUsage, "[3, 0, 16]");
  const auto growing = [](std::int64_t i) { return at::zeros({3, 16, i < 3 ? 16 : 32}); };
  EXPECT_ERROR(encoder.encode(5, growing), ErrorCode::kUsage,
               "one has shape [3, 16, 32] (expected [3, 16, 16] like the first)");
}

}  // namespace
}  // namespace zoetrope::test
