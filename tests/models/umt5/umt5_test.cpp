#include <cmath>

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "tiny_umt5.h"

namespace zoetrope::test {
namespace {

std::vector<std::int32_t> golden_ids() {
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 130; ++i) ids.push_back((7 * i * i + 3 * i + 5) % 60 + 4);
  ids.push_back(1);
  return ids;
}

TEST(Umt5Encoder, EncodesTheRealTokensAsTheReferenceDoesWithPaddingAndAMask) {
  const std::string key =
      "umt5_tiny vocab64 d24 dk8 h4 ff48 L2: ids i<131:(7i^2+3i+5)%60+4, ids[130]=1, pad0 to 160; "
      "rows<131";
  expect_golden(Umt5Folder().load().encode(golden_ids()), key, 2e-5);
}

TEST(Umt5Encoder, InBf16StaysWithinAFewHundredthsOfFp32) {
  const Umt5Folder folder;
  const Tensor exact = folder.load().encode(golden_ids());
  const Tensor rounded = folder.load(at::kBFloat16).encode(golden_ids());
  EXPECT_EQ(rounded.scalar_type(), at::kBFloat16);
  const Tensor error = rounded.to(at::kFloat) - exact;
  EXPECT_LE(error.square().mean().sqrt().item<double>(),
            0.02 * exact.square().mean().sqrt().item<double>());
}

TEST(Umt5Encoder, TakesTheEmbeddingByEitherName) {
  TensorShapes renamed = tiny_umt5_shapes();
  renamed.erase("shared.weight");
  renamed["encoder.embed_tokens.weight"] = {64, 24};
  EXPECT_EQ(Umt5Folder(kTinyUmt5, renamed).load().config().vocabulary, 64);

  TensorShapes both = tiny_umt5_shapes();
  both["encoder.embed_tokens.weight"] = {64, 24};
  EXPECT_EQ(Umt5Folder(kTinyUmt5, both).load().config().embedding, "shared.weight");
}

TEST(Umt5Encoder, RefusesAnEmbeddingOfZeros) {
  const Umt5Folder folder;
  auto state = golden_state(tiny_umt5_shapes());
  state["shared.weight"].zero_();
  std::vector<TensorToWrite> tensors;
  for (const auto& [name, tensor] : state) {
    tensors.push_back({name, DType::kF32, tensor.sizes().vec(), tensor.const_data_ptr()});
  }
  write_safetensors(folder.weights(), tensors, {});
  EXPECT_ERROR(folder.load(), ErrorCode::kCorrupt, "'shared.weight' is all zeros");
}

TEST(Umt5Encoder, RefusesATokenThatItHasNoRowFor) {
  const Umt5Encoder encoder = Umt5Folder().load();
  EXPECT_ERROR(encoder.encode({4, 64, 1}), ErrorCode::kCorrupt,
               "the tokenizer gave token 64 (the text encoder knows 0 to 63)");
  EXPECT_ERROR(encoder.encode({-1}), ErrorCode::kCorrupt, "the tokenizer gave token -1");
}

TEST(Umt5Encoder, ListsMissingAndExtraTensorsAtOnce) {
  TensorShapes shapes = tiny_umt5_shapes();
  shapes.erase("encoder.block.1.layer.1.DenseReluDense.wo.weight");
  shapes["decoder.final_layer_norm.weight"] = {24};
  const Umt5Folder folder(kTinyUmt5, shapes);
  EXPECT_ERROR(folder.load(), ErrorCode::kCorrupt,
               "encoder.block.1.layer.1.DenseReluDense.wo.weight [24, 48]");
  EXPECT_ERROR(folder.load(), ErrorCode::kCorrupt, "decoder.final_layer_norm.weight [24]");
}

TEST(Umt5Config, RefusesAConfigFileThatContradictsTheWeights) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"d_model": 32})", "'d_model' is 32 (the weights have 24)"},
      {R"({"vocab_size": 65})", "'vocab_size' is 65 (the weights have 64)"},
      {R"({"d_kv": 64})", "'d_kv' is 64 (the weights have 8)"},
      {R"({"num_heads": 8})", "'num_heads' is 8 (the weights have 4)"},
      {R"({"num_layers": 3})", "'num_layers' is 3 (the weights have 2)"},
      {R"({"relative_attention_max_distance": 8})", "32 buckets up to distance 8"},
      {R"({"layer_norm_epsilon": 0})", "'layer_norm_epsilon' is not between 0 and 1"},
  };
  for (const auto& [json, message] : cases) {
    EXPECT_ERROR(Umt5Folder(json).config(), ErrorCode::kCorrupt, message);
  }
}

TEST(Umt5Config, SaysThatOnlyTheGatedGeluIsSupported) {
  EXPECT_ERROR(Umt5Folder(R"({"feed_forward_proj": "relu"})").config(), ErrorCode::kUsage,
               "not supported yet by this version: feed_forward_proj 'relu'");
  EXPECT_ERROR(Umt5Folder(R"({"dense_act_fn": "silu"})").config(), ErrorCode::kUsage, "'silu'");
}

// The published model's table for 32 buckets up to 128: 16 for keys after the query, and in both
// directions 0 … 7, then the ranges below.
std::int64_t published_bucket(std::int64_t distance) {
  const std::int64_t away = std::abs(distance);
  std::int64_t bucket = away;
  if (away >= 8) {
    bucket = 8;
    for (const std::int64_t start : {12, 16, 23, 32, 46, 64, 91}) bucket += away >= start ? 1 : 0;
  }
  return bucket + (distance > 0 ? 16 : 0);
}

TEST(Umt5DistanceBuckets, AreThePublishedTableFor32BucketsUpTo128) {
  const Tensor buckets = umt5_distance_buckets(512, 32, 128);
  ASSERT_EQ(buckets.sizes().vec(), (std::vector<std::int64_t>{1023}));
  for (std::int64_t distance = -511; distance <= 511; ++distance) {
    ASSERT_EQ(buckets[distance + 511].item<std::int64_t>(), published_bucket(distance))
        << "distance " << distance;
  }
}

TEST(Umt5DistanceBuckets, FollowTheLogarithmForOtherSizes) {
  // 8 buckets up to 16: 2 exact ones for each direction, then 2 + trunc(2 ln(a / 2) / ln 8).
  const Tensor buckets = umt5_distance_buckets(21, 8, 16);
  for (std::int64_t distance = -20; distance <= 20; ++distance) {
    const std::int64_t away = std::abs(distance);
    const std::int64_t bucket = away < 2 ? away : away < 6 ? 2 : 3;  // sqrt(8) * 2 = 5.66
    EXPECT_EQ(buckets[distance + 20].item<std::int64_t>(), bucket + (distance > 0 ? 4 : 0))
        << "distance " << distance;
  }
}

}  // namespace
}  // namespace zoetrope::test
