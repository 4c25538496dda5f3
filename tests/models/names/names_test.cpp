#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/clip/original_names.h"
#include "models/umt5/original_names.h"
#include "models/wan/original_names.h"
#include "support/temporary_folder.h"

namespace zoetrope {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class Names : public testing::Test {
 protected:
  TensorFiles files(const std::vector<std::string>& names) {
    const float value = 0;
    std::vector<TensorToWrite> tensors;
    for (const std::string& name : names) tensors.push_back({name, DType::kF32, {1}, &value});
    const auto path = folder_.path() / "weights.safetensors";
    write_safetensors(path, tensors, {});
    return TensorFiles::open_file(path);
  }

  static std::vector<std::string> names_of(const TensorFiles& files) {
    std::vector<std::string> names;
    for (const auto& [name, place] : files.tensors()) names.push_back(name);
    return names;
  }

  std::vector<std::string> transformer(std::vector<std::string> names) {
    names.push_back("head.modulation");
    auto found = names_of(with_diffusers_transformer_names(files(names)));
    std::erase(found, "scale_shift_table");
    return found;
  }

  std::vector<std::string> vae(std::vector<std::string> names) {
    names.push_back("decoder.middle.0.residual.0.gamma");
    auto found = names_of(with_diffusers_vae_names(files(names)));
    std::erase(found, "decoder.mid_block.resnets.0.norm1.gamma");
    return found;
  }

  test::TemporaryFolder folder_;
};

TEST_F(Names, OfATransformerAreMappedByWholeParts) {
  EXPECT_THAT(
      transformer({"blocks.3.cross_attn.norm_k_img.weight", "blocks.3.cross_attn.k.bias",
                   "blocks.3.norm3.bias", "blocks.12.modulation", "img_emb.emb_pos",
                   "head.head.weight"}),
      UnorderedElementsAre("blocks.3.attn2.norm_added_k.weight", "blocks.3.attn2.to_k.bias",
                           "blocks.3.norm2.bias", "blocks.12.scale_shift_table",
                           "condition_embedder.image_embedder.pos_embed", "proj_out.weight"));
}

TEST_F(Names, TakeTheScalesOfTheirLayersAlong) {
  EXPECT_THAT(transformer({"blocks.0.self_attn.o.scale_weight", "blocks.0.ffn.2.weight_scale",
                           "text_embedding.0.comfy_quant", "scaled_fp8"}),
              UnorderedElementsAre(
                  "blocks.0.attn1.to_out.0.scale_weight", "blocks.0.ffn.net.2.weight_scale",
                  "condition_embedder.text_embedder.linear_1.comfy_quant", "scaled_fp8"));
}

TEST_F(Names, ThatNoRuleKnowsStay) {
  EXPECT_THAT(transformer({"blocks.0.self_attn.qq.weight", "blocks.x.norm3.weight",
                           "vace_patch_embedding.weight", "ref_conv.bias", "blocks.0"}),
              UnorderedElementsAre("blocks.0.self_attn.qq.weight", "blocks.x.norm3.weight",
                                   "vace_patch_embedding.weight", "ref_conv.bias", "blocks.0"));
  EXPECT_THAT(
      vae({"decoder.upsamples.-1.residual.0.gamma", "decoder.upsamples.9", "loss"}),
      UnorderedElementsAre("decoder.upsamples.-1.residual.0.gamma", "decoder.upsamples.9", "loss"));
}

TEST_F(Names, OfDiffusersStayAsTheyAre) {
  const std::vector<std::string> names = {"blocks.0.norm2.weight",
                                          "condition_embedder.text_embedder.linear_1.weight"};
  const TensorFiles files = this->files(names);
  EXPECT_EQ(wan_transformer_naming(files), Naming::kDiffusers);
  EXPECT_EQ(names_of(with_diffusers_transformer_names(this->files(names))), names);
}

TEST_F(Names, WithAPrefixLoseItAndThoseWithoutStayBeside) {
  const TensorFiles found = with_diffusers_transformer_names(
      files({"model.diffusion_model.head.modulation", "model.diffusion_model.head.head.bias",
             "text_encoders.umt5xxl.logit"}));
  EXPECT_THAT(names_of(found),
              ElementsAre("proj_out.bias", "scale_shift_table", "text_encoders.umt5xxl.logit"));
}

TEST_F(Names, SayWhatAComponentIs) {
  EXPECT_EQ(wan_transformer_naming(files({"net.head.modulation"})), Naming::kOriginal);
  EXPECT_EQ(wan_transformer_naming(files({"shared.weight"})), Naming::kOther);
  EXPECT_EQ(wan_vae_naming(files({"decoder.middle.0.residual.0.gamma"})), Naming::kOriginal);
  EXPECT_EQ(umt5_naming(files({"blocks.0.pos_embedding.embedding.weight"})), Naming::kOriginal);
  EXPECT_EQ(umt5_naming(files({"head.modulation"})), Naming::kOther);
  EXPECT_EQ(clip_vision_naming(files({"vision_model.embeddings.patch_embedding.weight"})),
            Naming::kDiffusers);
  EXPECT_EQ(clip_vision_naming(files({"embeddings.patch_embedding.weight"})), Naming::kDiffusers);
  EXPECT_EQ(clip_vision_naming(files({"visual.transformer.0.attn.to_qkv.weight"})),
            Naming::kOriginal);
  EXPECT_EQ(clip_vision_naming(files({"patch_embedding.weight"})), Naming::kOther);
}

// Three residual blocks and an upsampler make an up block of the 2.1 decoder; other numbers of
// them occur in smaller models.
TEST_F(Names, OfTheFlatDecoderAreCountedByItsUpsamplers) {
  EXPECT_THAT(vae({"decoder.upsamples.0.residual.2.weight", "decoder.upsamples.3.resample.1.bias",
                   "decoder.upsamples.3.time_conv.bias", "decoder.upsamples.4.shortcut.weight",
                   "decoder.upsamples.7.resample.1.bias", "decoder.upsamples.8.residual.6.bias",
                   "encoder.downsamples.10.residual.3.gamma"}),
              UnorderedElementsAre("decoder.up_blocks.0.resnets.0.conv1.weight",
                                   "decoder.up_blocks.0.upsamplers.0.resample.1.bias",
                                   "decoder.up_blocks.0.upsamplers.0.time_conv.bias",
                                   "decoder.up_blocks.1.resnets.0.conv_shortcut.weight",
                                   "decoder.up_blocks.1.upsamplers.0.resample.1.bias",
                                   "decoder.up_blocks.2.resnets.0.conv2.bias",
                                   "encoder.down_blocks.10.norm2.gamma"));
  EXPECT_THAT(vae({"decoder.upsamples.2.resample.1.bias", "decoder.upsamples.3.residual.0.gamma"}),
              UnorderedElementsAre("decoder.up_blocks.0.upsamplers.0.resample.1.bias",
                                   "decoder.up_blocks.1.resnets.0.norm1.gamma"));
}

TEST_F(Names, OfTheNestedAutoencoderAreMappedBlockByBlock) {
  EXPECT_THAT(
      vae({"decoder.upsamples.1.upsamples.2.residual.6.weight",
           "decoder.upsamples.1.upsamples.3.time_conv.weight",
           "encoder.downsamples.2.downsamples.1.shortcut.bias",
           "encoder.downsamples.2.downsamples.2.resample.1.weight", "conv2.bias",
           "encoder.conv1.weight", "decoder.head.0.gamma", "decoder.middle.1.to_qkv.bias"}),
      UnorderedElementsAre("decoder.up_blocks.1.resnets.2.conv2.weight",
                           "decoder.up_blocks.1.upsampler.time_conv.weight",
                           "encoder.down_blocks.2.resnets.1.conv_shortcut.bias",
                           "encoder.down_blocks.2.downsampler.resample.1.weight",
                           "post_quant_conv.bias", "encoder.conv_in.weight",
                           "decoder.norm_out.gamma", "decoder.mid_block.attentions.0.to_qkv.bias"));
}

TEST_F(Names, OfATextEncoderComeWithoutItsSentencepieceModel) {
  EXPECT_THAT(names_of(with_transformers_umt5_names(
                  files({"encoder.block.0.layer.0.SelfAttention.q.weight", "spiece_model"}))),
              ElementsAre("encoder.block.0.layer.0.SelfAttention.q.weight"));
  EXPECT_THAT(
      names_of(with_transformers_umt5_names(
          files({"blocks.0.pos_embedding.embedding.weight", "blocks.0.ffn.gate.0.weight",
                 "blocks.0.ffn.fc1.weight", "token_embedding.weight", "norm.weight"}))),
      UnorderedElementsAre("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
                           "encoder.block.0.layer.1.DenseReluDense.wi_0.weight",
                           "encoder.block.0.layer.1.DenseReluDense.wi_1.weight", "shared.weight",
                           "encoder.final_layer_norm.weight"));
}

}  // namespace
}  // namespace zoetrope
