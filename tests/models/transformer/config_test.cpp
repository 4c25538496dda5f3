#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "tiny_transformer.h"

namespace zoetrope::test {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(WanTransformerConfig, ComesFromTheWeightsWhereTheConfigFileIsSilent) {
  TinyTransformer tiny;
  tiny.channels = 24;
  tiny.layers = 3;
  tiny.freq_dim = 64;
  const auto config = TransformerFolder(R"({"attention_head_dim": 12})", tiny.shapes()).config();
  EXPECT_EQ(config.in_channels, 24);
  EXPECT_EQ(config.out_channels, 24);
  EXPECT_EQ(config.patch, (std::array<std::int64_t, 3>{1, 2, 2}));
  EXPECT_EQ(config.heads, 2);
  EXPECT_EQ(config.head_dim, 12);
  EXPECT_EQ(config.ffn_dim, 32);
  EXPECT_EQ(config.layers, 3);
  EXPECT_EQ(config.freq_dim, 64);
  EXPECT_EQ(config.text_dim, 32);
  EXPECT_TRUE(config.cross_attn_norm);
  EXPECT_EQ(config.rope_max_seq_len, 1024);
}

TEST(WanTransformerConfig, RefusesAConfigFileThatContradictsTheWeights) {
  const TinyTransformer tiny;
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"\"num_layers\":2", "\"num_layers\":30", "'num_layers' is 30 (the weights have 2)"},
      {"\"ffn_dim\":32", "\"ffn_dim\":64", "'ffn_dim' is 64 (the weights have 32)"},
      {"\"in_channels\":16", "\"in_channels\":36", "'in_channels' is 36 (the weights have 16)"},
      {"\"out_channels\":16", "\"out_channels\":8", "'out_channels' is 8 (the weights have 16)"},
      {"\"num_attention_heads\":2", "\"num_attention_heads\":3",
       "'num_attention_heads' is 3 (the weights have 2)"},
      {"\"patch_size\":[1,2,2]", "\"patch_size\":[1,1,1]", "'patch_size' is not that of"},
      {"\"cross_attn_norm\":true", "\"cross_attn_norm\":false", "'cross_attn_norm' is false"},
      {"\"attention_head_dim\":12", "\"attention_head_dim\":10",
       "'attention_head_dim' is 10 (expected an even divisor of the width 24)"},
      {"\"attention_head_dim\":12", "\"attention_head_dim\":0", "'attention_head_dim' is 0"},
      {"\"eps\":1e-06", "\"eps\":-1", "'eps' is not between 0 and 1"},
      {"\"rope_max_seq_len\":32", "\"rope_max_seq_len\":9223372036854775807",
       "'rope_max_seq_len' is 9223372036854775807 (expected 1 to 16777216)"},
  };
  for (const auto& [from, to, message] : cases) {
    const TransformerFolder folder(replaced(tiny.config_json(), from, to), tiny.shapes());
    EXPECT_ERROR(folder.config(), ErrorCode::kCorrupt, message);
  }
}

TEST(WanTransformerConfig, DoesNotMindAStrayImageDim) {
  const TinyTransformer tiny;
  const TransformerFolder folder(
      replaced(tiny.config_json(), "\"image_dim\":null", "\"image_dim\":1280"), tiny.shapes());
  EXPECT_EQ(folder.config().image_dim, 0);
}

TEST(WanTransformerConfig, NamesTheKindsOfTransformerThatAreNotSupportedYet) {
  const TinyTransformer tiny;
  TensorShapes shapes = tiny.shapes();
  shapes["vace_patch_embedding.weight"] = {24};
  EXPECT_ERROR(TransformerFolder(tiny.config_json(), shapes).config(), ErrorCode::kUsage,
               "not supported yet by this version: VACE");
}

TEST(WanTransformerConfig, TellsFromTheWeightsWhatItReadsOfAStill) {
  TinyTransformer tiny;
  tiny.in_channels = 36;
  tiny.image_dim = 8;
  tiny.image_positions = 10;
  tiny.image_attention = true;
  const auto config = TransformerFolder(R"({"attention_head_dim": 12})", tiny.shapes()).config();
  EXPECT_EQ(config.in_channels, 36);
  EXPECT_EQ(config.out_channels, 16);
  EXPECT_EQ(config.image_dim, 8);
  EXPECT_EQ(config.image_positions, 10);
  EXPECT_TRUE(config.image_attention);
}

TEST(WanTransformerConfig, RefusesKeysForAStillThatNothingEmbeds) {
  const TinyTransformer tiny;
  TensorShapes shapes = tiny.shapes();
  shapes["blocks.0.attn2.add_k_proj.weight"] = {24, 24};
  EXPECT_ERROR(TransformerFolder(tiny.config_json(), shapes).config(), ErrorCode::kCorrupt,
               "the weights lack 'condition_embedder.image_embedder.norm1.weight'");
}

TEST(WanTransformerConfig, RefusesABlockNumberBeyondTheNumberOfTensors) {
  const TinyTransformer tiny;
  TensorShapes shapes = tiny.shapes();
  shapes["blocks.999999999.scale_shift_table"] = {1, 6, 24};
  EXPECT_ERROR(TransformerFolder(tiny.config_json(), shapes).config(), ErrorCode::kCorrupt,
               "the weights name 'blocks.999999999.scale_shift_table'");
}

TEST(WanTransformer, ListsMissingExtraAndMisshapenTensorsAtOnce) {
  const TinyTransformer tiny;
  TensorShapes shapes = tiny.shapes();
  shapes.erase("blocks.0.attn1.to_k.bias");
  shapes.erase("proj_out.weight");
  shapes["blocks.1.ffn.net.2.bias"] = {25};
  shapes["blocks.1.attn3.to_q.weight"] = {24, 24};
  const TransformerFolder folder(tiny.config_json(), shapes);
  for (const char* part :
       {"2 missing:", "blocks.0.attn1.to_k.bias [24]", "proj_out.weight [64, 24]",
        "1 of another shape:", "blocks.1.ffn.net.2.bias [25] (expected [24])",
        "1 not used by the model:", "blocks.1.attn3.to_q.weight"}) {
    EXPECT_ERROR(folder.load(), ErrorCode::kCorrupt, part);
  }
}

TEST(WanTransformer, IgnoresTheQueryNormThatSomeConvertersStoreForNothing) {
  const TinyTransformer tiny;
  TensorShapes shapes = tiny.shapes();
  shapes["blocks.1.attn2.norm_added_q.weight"] = {24};
  EXPECT_NO_THROW(TransformerFolder(tiny.config_json(), shapes).load());
}

}  // namespace
}  // namespace zoetrope::test
