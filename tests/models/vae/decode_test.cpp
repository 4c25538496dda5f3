#include <gtest/gtest.h>

#include "loaded_vae.h"
#include "models/wan/vae_blocks.h"
#include "support/expect_error.h"
#include "tensor/random.h"
#include "whole_sequence.h"

namespace zoetrope::test {
namespace {

// [F, 3, H, W] in [0, 1] -> [1, 3, F, H, W] in [-1, 1], as the references give videos.
Tensor as_video(const Tensor& frames) { return (frames * 2 - 1).transpose(0, 1).unsqueeze(0); }

Tensor decode(const WanVideoDecoder& decoder, const Tensor& latents) {
  return as_video(all_frames(*decoder.decode(latents)));
}

TEST(RepeatUpsample, ReadsEachChannelsCopiesAsChannelsFramesRowsAndColumns) {
  struct Case {
    std::int64_t channels, out, ft;
  };
  // Copies that end at each of the axes (ft, 2, 2), that go beyond them, and that divide none.
  for (const auto& [channels, out, ft] :
       {Case{8, 8, 2}, Case{8, 8, 1}, Case{8, 4, 1}, Case{8, 2, 1}, Case{8, 4, 2}, Case{8, 2, 2},
        Case{8, 1, 2}, Case{2, 4, 1}, Case{4, 6, 1}}) {
    const Tensor frames = initial_noise(1, {2, 3, 1, channels});
    const Tensor repeated = repeat_upsample(frames, out, ft);
    EXPECT_EQ(repeated.sizes(), at::IntArrayRef({2, ft, 3, 2, 1, 2, out}));
    const std::int64_t copies = out * ft * 4 / channels;
    for (std::int64_t o = 0; o < out; ++o) {
      for (std::int64_t place = 0; place < 4 * ft; ++place) {
        const Tensor channel = frames.select(3, (o * 4 * ft + place) / copies);
        const Tensor found = repeated.select(6, o)
                                 .select(5, place % 2)
                                 .select(3, place / 2 % 2)
                                 .select(1, place / 4);
        EXPECT_TRUE(at::equal(found, channel)) << channels << " to " << out << ", " << place;
      }
    }
  }
}

TEST(GoldenTensors, AreWhatTheirNumbersSay) {
  expect_golden(golden_tensor(1000, {8}), "hash_check_T_(1000,8)", 1e-6);
}

TEST(WanVideoDecoder, DecodesWhatTheReferenceDecodes) {
  const std::tuple<const char*, TinyVae> cases[] = {{"vae21_tiny", vae21_tiny()},
                                                    {"vae22_tiny", vae22_tiny()},
                                                    {"vae21_b", vae21_b()},
                                                    {"vae22_b", vae22_b()}};
  for (const auto& [name, vae] : cases) {
    const WanVideoDecoder decoder = VaeFolder(vae).decoder();
    const Tensor latents = golden_tensor(1001, {1, vae.z_dim, 3, 2, 2});
    expect_golden(decode(decoder, latents), std::string(name) + " decode(z)", 1e-5);
  }
}

TEST(WanVideoDecoder, StreamsWhatTheWholeSequenceIs) {
  for (const TinyVae& vae : {vae21_tiny(), vae22_b(), unusual21(), unusual22()}) {
    const WanVideoDecoder decoder = VaeFolder(vae).decoder();
    const Tensor latents = golden_tensor(7, {1, vae.z_dim, 4, 3, 5});
    const Tensor expected = decode_whole_sequence(vae, golden_state(vae.shapes()), latents);
    const Tensor found = decode(decoder, latents);
    ASSERT_EQ(found.sizes(), expected.sizes());
    EXPECT_LT(largest_difference(found, expected), 1e-4);
  }
}

TEST(WanVideoDecoder, GivesOneFrameThenFourForEachLatent) {
  const WanVideoDecoder decoder = VaeFolder(vae22_tiny()).decoder();
  const auto stream = decoder.decode(golden_tensor(7, {1, 48, 3, 1, 2}));
  EXPECT_EQ(stream->total(), 9);
  for (const std::int64_t frames : {1, 4, 4}) {
    const auto chunk = stream->next();
    ASSERT_TRUE(chunk.has_value());
    EXPECT_EQ(chunk->sizes(), at::IntArrayRef({frames, 3, 16, 32}));
    EXPECT_TRUE(chunk->is_contiguous());
    EXPECT_EQ(chunk->scalar_type(), at::kFloat);
    EXPECT_GE(chunk->min().item<float>(), 0);
    EXPECT_LE(chunk->max().item<float>(), 1);
  }
  EXPECT_FALSE(stream->next().has_value());
  EXPECT_FALSE(stream->next().has_value());
}

TEST(WanVideoDecoder, RemembersNoMoreAfterFortyLatentsThanAfterFive) {
  const WanVideoDecoder decoder = VaeFolder(vae21_tiny()).decoder();
  WanFrameStream stream(decoder, golden_tensor(7, {1, 16, 40, 1, 1}));
  std::vector<std::uint64_t> bytes;
  while (stream.next()) bytes.push_back(stream.state().bytes());
  ASSERT_EQ(bytes.size(), 40U);
  EXPECT_GT(bytes[5], 0U);
  EXPECT_EQ(bytes[5], bytes[39]);
}

TEST(WanVideoDecoder, DecodesTwoClipsAtATimeWithoutMixingThem) {
  const WanVideoDecoder decoder = VaeFolder(vae21_tiny()).decoder();
  const Tensor one = golden_tensor(7, {1, 16, 3, 1, 1}), two = golden_tensor(8, {1, 16, 3, 1, 1});
  const auto first = decoder.decode(one), second = decoder.decode(two);
  std::vector<Tensor> chunks;
  for (int i = 0; i < 3; ++i) {
    chunks.push_back(*first->next());
    second->next();
  }
  EXPECT_TRUE(at::equal(at::cat(chunks), all_frames(*decoder.decode(one))));
}

TEST(WanVideoDecoder, UndoesTheNormalisationOfTheLatents) {
  const TinyVae vae = vae21_tiny();
  const VaeFolder folder(vae);
  WanVaeConfig config = folder.config();
  config.latents_mean.assign(16, 0.25);
  config.latents_std.assign(16, 2);
  config.latents_std[3] = 0.5;
  const auto decoder = folder.load<WanVideoDecoder>(config);

  const Tensor latents = golden_tensor(7, {1, 16, 2, 2, 2});
  Tensor z = latents * 2;
  z.select(1, 3).div_(4);
  EXPECT_LT(largest_difference(decode(decoder, latents), decode(folder.decoder(), z + 0.25)), 1e-5);
}

TEST(WanVideoDecoder, StaysCloseInBf16) {
  for (const TinyVae& vae : {vae21_b(), vae22_b()}) {
    const VaeFolder folder(vae);
    const Tensor latents = golden_tensor(7, {1, vae.z_dim, 3, 3, 2});
    const Tensor exact = decode(folder.decoder(), latents);
    const Tensor error = decode(folder.decoder(at::kBFloat16), latents) - exact;
    EXPECT_LT((error.norm() / exact.norm()).item<double>(), 0.03);
  }
}

TEST(WanVideoDecoder, RefusesLatentsOfAnotherShape) {
  const WanVideoDecoder decoder = VaeFolder(vae21_tiny()).decoder();
  EXPECT_ERROR(decoder.decode(at::zeros({1, 48, 3, 2, 2})), ErrorCode::kCorrupt,
               "decode latents: they have shape [1, 48, 3, 2, 2] (expected [1, 16, T, h, w])");
  EXPECT_ERROR(decoder.decode(at::zeros({1, 16, 0, 2, 2})), ErrorCode::kCorrupt,
               "[1, 16, 0, 2, 2]");
  EXPECT_ERROR(decoder.decode(at::zeros({16, 3, 2, 2})), ErrorCode::kCorrupt, "[16, 3, 2, 2]");
}

}  // namespace
}  // namespace zoetrope::test
