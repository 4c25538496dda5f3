#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "tiny_clip.h"

namespace zoetrope::test {
namespace {

constexpr const char* kGolden =
    "clip_tiny hidden24 heads2 layers3 patch7 image28 pixels T_(1002): hidden_states[-2]";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

Tensor golden_pixels() { return golden_tensor(1002, {1, 3, 28, 28}); }

TEST(ClipVision, SeesWhatTheReferenceSees) {
  expect_golden(ClipFolder().load()(golden_pixels()), kGolden, 2e-6);
}

TEST(ClipVision, ReadsNamesWithoutThePrefix) {
  // In the same order, so with the same golden weights.
  const ClipFolder folder(kTinyClip, tiny_clip_shapes(""));
  EXPECT_EQ(folder.config().prefix, "");
  expect_golden(folder.load()(golden_pixels()), kGolden, 2e-6);
}

TEST(ClipVision, StaysCloseInBf16) {
  const Tensor exact = ClipFolder().load()(golden_pixels());
  const Tensor found = ClipFolder().load(at::kBFloat16)(golden_pixels());
  EXPECT_EQ(found.scalar_type(), at::kBFloat16);
  EXPECT_LT(((found.to(at::kFloat) - exact).norm() / exact.norm()).item<double>(), 0.02);
}

TEST(ClipVision, LeavesOutWhatFollowsTheLastLayerButOne) {
  TensorShapes shapes = tiny_clip_shapes();
  std::erase_if(shapes, [](const auto& tensor) {
    return tensor.first.find("post_layernorm") != std::string::npos ||
           (tensor.first.find("layers.2.") != std::string::npos &&
            tensor.first.find("layer_norm1.bias") == std::string::npos);
  });
  shapes["visual_projection.weight"] = {16, 24};
  shapes["vision_model.embeddings.position_ids"] = {1, 17};
  EXPECT_NO_THROW(ClipFolder(kTinyClip, shapes).load());
}

TEST(ClipVision, ListsEveryTensorAtFault) {
  TensorShapes shapes = tiny_clip_shapes();
  shapes.erase("vision_model.encoder.layers.1.mlp.fc2.bias");
  shapes["vision_model.pre_layrnorm.weight"] = {25};
  shapes["text_model.final_layer_norm.weight"] = {8};
  const ClipFolder folder(kTinyClip, shapes);
  for (const char* fault :
       {"vision_model.encoder.layers.1.mlp.fc2.bias [24]", "vision_model.pre_layrnorm.weight",
        "text_model.final_layer_norm.weight [8]"}) {
    EXPECT_ERROR(folder.load(), ErrorCode::kCorrupt, fault);
  }
}

TEST(ClipVision, RefusesPixelsOfAnotherSize) {
  EXPECT_ERROR(ClipFolder().load()(at::zeros({1, 3, 28, 35})), ErrorCode::kCorrupt,
               "see still: image_processor makes [1, 3, 28, 35] of it (the image encoder reads [1, "
               "3, 28, 28])");
}

TEST(ClipVisionConfig, IsDerivedFromTheShapes) {
  const ClipVisionConfig config =
      ClipFolder(R"({"num_attention_heads": 2, "image_size": 30, "hidden_act": "quick_gelu"})")
          .config();
  EXPECT_EQ(config.prefix, "vision_model.");
  EXPECT_EQ(config.dim, 24);
  EXPECT_EQ(config.layers, 3);
  EXPECT_EQ(config.ffn_dim, 96);
  EXPECT_EQ(config.patch, 7);
  EXPECT_EQ(config.image_size, 30);  // two pixels are left over
  EXPECT_EQ(config.tokens(), 17);
  EXPECT_EQ(config.activation, ClipVisionConfig::Activation::kQuickGelu);
}

TEST(ClipVisionConfig, RefusesAConfigThatContradictsTheWeights) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"\"hidden_size\": 24", "\"hidden_size\": 32", "'hidden_size' is 32 (the weights have 24)"},
      {"\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2",
       "'num_hidden_layers' is 2 (the weights have 3)"},
      {"\"intermediate_size\": 96", "\"intermediate_size\": 1",
       "'intermediate_size' is 1 (the weights have 96)"},
      {"\"patch_size\": 7", "\"patch_size\": 14", "'patch_size' is 14 (the weights have 7)"},
      {"\"image_size\": 28", "\"image_size\": 35",
       "'image_size' is 35, which is 5 patches of 7 (the weights have positions for 4)"},
      {"\"num_attention_heads\": 2", "\"num_attention_heads\": 5",
       "'num_attention_heads' is 5 (expected a divisor of the width 24)"},
      {"1e-5", "0", "'layer_norm_eps' is not between 0 and 1"}};
  for (const auto& [from, to, message] : cases) {
    EXPECT_ERROR(ClipFolder(replaced(kTinyClip, from, to)).config(), ErrorCode::kCorrupt, message)
        << from;
  }
}

TEST(ClipVisionConfig, RefusesPositionsThatAreNoSquare) {
  TensorShapes shapes = tiny_clip_shapes();
  shapes["vision_model.embeddings.position_embedding.weight"] = {18, 24};
  EXPECT_ERROR(ClipFolder(kTinyClip, shapes).config(), ErrorCode::kCorrupt,
               "has 18 rows (expected one more than a square)");
}

TEST(ClipVisionConfig, RefusesAnotherActivation) {
  EXPECT_ERROR(ClipFolder(replaced(kTinyClip, "\"gelu\"", "\"silu\"")).config(), ErrorCode::kUsage,
               "hidden_act 'silu' (expected gelu or quick_gelu)");
}

}  // namespace
}  // namespace zoetrope::test
