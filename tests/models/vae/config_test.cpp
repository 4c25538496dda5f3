#include <gtest/gtest.h>

#include "loaded_vae.h"
#include "support/expect_error.h"

namespace zoetrope::test {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string numbers(std::int64_t count, const std::string& number) {
  std::string text;
  for (std::int64_t i = 0; i < count; ++i) text += (i == 0 ? "" : ", ") + number;
  return "[" + text + "]";
}

TEST(VaeConfig, ReadsTheCompressionOfBothGenerations) {
  const WanVaeConfig v21 = VaeFolder(vae21_b()).config();
  EXPECT_EQ(v21.spatial_compression(), 8);
  EXPECT_EQ(v21.temporal_compression(), 4);
  EXPECT_FALSE(v21.is_residual);

  const WanVaeConfig v22 = VaeFolder(vae22_b()).config();
  EXPECT_EQ(v22.spatial_compression(), 16);
  EXPECT_EQ(v22.temporal_compression(), 4);
  EXPECT_EQ(v22.z_dim, 48);
  EXPECT_TRUE(v22.is_residual);
}

TEST(VaeConfig, NeedsNoStructureFromTheConfigFile) {
  const TinyVae vae = vae21_b();
  const std::string json =
      "{\"latents_mean\": " + numbers(16, "0") + ", \"latents_std\": " + numbers(16, "1") + "}";
  const WanVaeConfig config = VaeFolder(json, vae.shapes()).config();
  ASSERT_EQ(config.up_blocks.size(), 4U);
  EXPECT_EQ(config.resnets_per_block, 3);
  EXPECT_EQ(config.up_blocks[1].in, 6);
  EXPECT_EQ(config.up_blocks[1].out, 12);
  EXPECT_EQ(config.up_blocks[1].after, 6);
  EXPECT_EQ(config.up_blocks[1].upsampling, WanResampling::kSpaceAndTime);
  EXPECT_EQ(config.up_blocks[2].upsampling, WanResampling::kSpace);
  EXPECT_EQ(config.up_blocks[3].upsampling, WanResampling::kNone);
  ASSERT_EQ(config.down_blocks.size(), 4U);
  EXPECT_EQ(config.down_blocks[1].in, 6);
  EXPECT_EQ(config.down_blocks[1].out, 12);
  EXPECT_EQ(config.down_blocks[0].downsampling, WanResampling::kSpace);
  EXPECT_EQ(config.down_blocks[1].downsampling, WanResampling::kSpaceAndTime);
  EXPECT_EQ(config.down_blocks[3].downsampling, WanResampling::kNone);
}

TEST(VaeConfig, HasNoDownBlocksWhereTheCheckpointHasNoEncoder) {
  TinyVae vae = vae22_tiny();
  vae.has_encoder = false;
  const VaeFolder folder(vae);
  EXPECT_TRUE(folder.config().down_blocks.empty());
  EXPECT_NO_THROW(folder.decoder());
  EXPECT_ERROR(folder.encoder(), ErrorCode::kCorrupt, "the VAE's weights have no encoder");
}

TEST(VaeConfig, RefusesAConfigThatContradictsTheWeights) {
  const TinyVae vae = vae22_b();
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"\"z_dim\": 48", "\"z_dim\": 16", "'z_dim' is 16 (the weights have 48)"},
      {"\"num_res_blocks\": 2", "\"num_res_blocks\": 3",
       "'num_res_blocks' is 3 (the weights have 2)"},
      {"\"decoder_base_dim\": 8", "\"decoder_base_dim\": 4",
       "'dim_mult' gives [4, 8, 8, 8] (the weights have [8, 16, 16, 16])"},
      {"\"decoder_base_dim\": 8", "\"decoder_base_dim\": 9223372036854775807",
       "'dim_mult' is too large"},
      {"\"is_residual\": true", "\"is_residual\": false", "'is_residual' is false"},
      {"\"patch_size\": 2", "\"patch_size\": null",
       "'patch_size' is 1 and the weights make 12 channels"},
      {"\"base_dim\": 6", "\"base_dim\": 8", "'base_dim' is 8 (the weights have 6)"},
      {"\"in_channels\": 12", "\"in_channels\": 3", "'in_channels' is 3 (the weights have 12)"},
      {"\"scale_factor_spatial\": 16", "\"scale_factor_spatial\": 8",
       "'scale_factor_spatial' is 8 (the weights have 16)"},
      {"false,", "true,", "'temperal_downsample' gives [1, 1, 1] (the weights have [1, 1, 0])"}};
  for (const auto& [from, to, message] : cases) {
    const VaeFolder folder(replaced(vae.config_json(), from, to), vae.shapes());
    EXPECT_ERROR(folder.config(), ErrorCode::kCorrupt, message) << from;
  }
}

TEST(VaeConfig, RefusesAttentionInsideBlocks) {
  const TinyVae vae = vae21_tiny();
  const VaeFolder folder(
      replaced(vae.config_json(), "\"attn_scales\": []", "\"attn_scales\": [0.5]"), vae.shapes());
  EXPECT_ERROR(folder.config(), ErrorCode::kCorrupt, "'attn_scales' asks for attention");
}

TEST(VaeConfig, RefusesANormalisationThatCannotBeUndone) {
  const TinyVae vae = vae21_tiny();
  const auto with = [&](const std::string& mean, const std::string& deviation) {
    return VaeFolder("{\"latents_mean\": " + mean + ", \"latents_std\": " + deviation + "}",
                     vae.shapes());
  };
  EXPECT_ERROR(with(numbers(15, "0"), numbers(16, "1")).config(), ErrorCode::kCorrupt,
               "'latents_mean' has 15 numbers (the latents have 16 channels)");
  EXPECT_ERROR(with("null", numbers(16, "1")).config(), ErrorCode::kCorrupt,
               "'latents_mean' has 0 numbers");
  EXPECT_ERROR(with(numbers(16, "0"), numbers(16, "0")).config(), ErrorCode::kCorrupt,
               "'latents_std' has a number that is not positive");
}

TEST(VaeConfig, RefusesWeightsThatAreNoAutoencoder) {
  const VaeFolder folder("{}", {{"patch_embedding.weight", {4, 4, 1, 2, 2}}});
  EXPECT_ERROR(folder.config(), ErrorCode::kCorrupt,
               "the weights lack 'post_quant_conv.weight' (expected a Wan autoencoder");
}

TEST(VaeConfig, RefusesAShortcutThatCannotBe) {
  TensorShapes shapes = vae22_b().shapes();
  shapes["decoder.up_blocks.1.resnets.0.conv1.weight"] = {16, 17, 3, 3, 3};
  EXPECT_ERROR(VaeFolder(vae22_b().config_json(), shapes).config(), ErrorCode::kCorrupt,
               "which has no residual shortcut");
}

TEST(VaeConfig, RefusesAnEncoderThatIsNotTheDecoderReversed) {
  const std::tuple<TinyVae, const char*, const char*> cases[] = {
      {vae21_b(), "encoder.down_blocks.5.time_conv.weight",
       "'encoder.down_blocks.5' halves space (expected space and time, which the decoder doubles)"},
      {vae22_b(), "encoder.down_blocks.0.downsampler.resample.1.weight",
       "'encoder.down_blocks.0.downsampler' halves nothing (expected space"},
      {vae21_b(), "encoder.down_blocks.9.conv1.weight",
       "the weights lack 'encoder.down_blocks.9.conv1.weight'"}};
  for (const auto& [vae, missing, message] : cases) {
    TensorShapes shapes = vae.shapes();
    shapes.erase(missing);
    EXPECT_ERROR(VaeFolder(vae.config_json(), shapes).config(), ErrorCode::kCorrupt, message);
  }
}

TEST(VaeConfig, RefusesEncoderChannelsThatCannotBeAveraged) {
  TensorShapes shapes = vae22_b().shapes();
  shapes["encoder.down_blocks.1.resnets.0.conv1.weight"] = {13, 6, 3, 3, 3};
  EXPECT_ERROR(VaeFolder(vae22_b().config_json(), shapes).config(), ErrorCode::kCorrupt,
               "encoder.down_blocks.1 turns 6 channels into 13, which has no residual shortcut");
}

TEST(WanVideoEncoder, ListsEveryTensorAtFaultAndLeavesOutTheDecoder) {
  const TinyVae vae = vae21_tiny();
  TensorShapes shapes = vae.shapes();
  shapes.erase("decoder.conv_in.bias");
  shapes.erase("encoder.down_blocks.2.norm2.gamma");
  shapes.erase("quant_conv.bias");
  shapes["encoder.down_blocks.1.to_qkv.weight"] = {9, 3, 1, 1};
  const VaeFolder folder(vae.config_json(), shapes);
  EXPECT_ERROR(folder.encoder(), ErrorCode::kCorrupt,
               "2 missing:\n    quant_conv.bias [32]\n    encoder.down_blocks.2.norm2.gamma "
               "[3, 1, 1, 1]");
  EXPECT_ERROR(folder.encoder(), ErrorCode::kCorrupt, "encoder.down_blocks.1.to_qkv.weight");
}

TEST(WanVideoDecoder, NamesAMissingTensorAndLeavesOutTheEncoder) {
  const TinyVae vae = vae21_tiny();
  TensorShapes shapes = vae.shapes();
  shapes.erase("encoder.conv_in.bias");
  shapes.erase("decoder.norm_out.gamma");
  EXPECT_ERROR(VaeFolder(vae.config_json(), shapes).decoder(), ErrorCode::kCorrupt,
               "1 missing:\n    decoder.norm_out.gamma [3, 1, 1, 1]");
}

}  // namespace
}  // namespace zoetrope::test
