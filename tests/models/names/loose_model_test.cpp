#include "models/wan/loose_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/wan/default_configs.h"
#include "models/wan/part_files.h"
#include "support/expect_error.h"
#include "support/safetensors_bytes.h"
#include "support/temporary_folder.h"

namespace zoetrope {
namespace {

using test::write_bytes;

// Each kind of part by the one tensor that it is known by; nothing here is a whole model.
class LooseModel : public testing::Test {
 protected:
  std::filesystem::path add(const std::string& file, const std::string& tensor,
                            std::vector<std::int64_t> shape = {1}) {
    const auto target = path() / file;
    std::filesystem::create_directories(target.parent_path());
    const std::vector<float> data(4'096);
    write_safetensors(target, {{tensor, DType::kF32, std::move(shape), data.data()}}, {});
    return target;
  }
  std::filesystem::path add_transformer(const std::string& file) {
    return add(file, "head.modulation");
  }
  std::filesystem::path add_vae(const std::string& file) {
    return add(file, "decoder.middle.0.residual.0.gamma");
  }
  std::filesystem::path add_text_encoder(const std::string& file) {
    return add(file, "encoder.block.0.layer.0.SelfAttention.q.weight");
  }

  void expect_refusal(const std::string& part) {
    EXPECT_ERROR(loose_wan_model({.folder = path()}), ErrorCode::kCorrupt, part);
  }

  const std::filesystem::path& path() const { return folder_.path(); }
  test::TemporaryFolder folder_;
};

TEST_F(LooseModel, IsAFolderOfWeightsWithoutAnIndex) {
  EXPECT_FALSE(is_loose_folder(path()));
  add("unet/anything.safetensors", "x");
  EXPECT_TRUE(is_loose_folder(path()));
  write_bytes(path() / "model_index.json", "{}");
  EXPECT_FALSE(is_loose_folder(path()));
}

TEST_F(LooseModel, IsNotADiffusersFolderThatLostItsIndex) {
  add("transformer/diffusion_pytorch_model.safetensors", "x");
  EXPECT_FALSE(is_loose_folder(path()));
}

TEST_F(LooseModel, NamesThePartThatIsMissing) {
  add("vae/lora.safetensors", "lora_unet_blocks_0.weight");
  expect_refusal("no model_index.json, and no transformer among its files");
  add_transformer("diffusion_models/a.safetensors");
  write_bytes(path() / "Wan2.1_VAE.pth", "PK\x03\x04");
  expect_refusal("no vae among its files (expected a .safetensors file; a pickle, such as Wan's");
  add_vae("vae/b.safetensors");
  expect_refusal("no text_encoder among its files");
  add_text_encoder("clip/c.safetensors");
  expect_refusal("no tokenizer among its files (expected a folder with tokenizer.json");
}

TEST_F(LooseModel, AsksForTheOneThatIsMeant) {
  add_transformer("a.safetensors");
  add_vae("vae/one.safetensors");
  add_vae("two.safetensors");
  expect_refusal("each of 'two.safetensors', 'vae/one.safetensors' can be the vae (expected one");
}

TEST_F(LooseModel, TellsExpertsApartByTheirNamesOrAsks) {
  add_transformer("diffusion_models/t2v_High_noise.safetensors");
  add_transformer("diffusion_models/t2v_second.safetensors");
  expect_refusal(
      "its transformers are 'diffusion_models/t2v_High_noise.safetensors', "
      "'diffusion_models/t2v_second.safetensors' (expected one, or two of which the "
      "names say \"high\" and \"low\"");
  std::filesystem::rename(path() / "diffusion_models/t2v_second.safetensors",
                          path() / "diffusion_models/t2v_LOW.safetensors");
  expect_refusal("no vae");  // the transformers are told apart
  add_transformer("unet/third.safetensors");
  expect_refusal("'unet/third.safetensors' (expected one, or two");
}

TEST_F(LooseModel, TakesShardsByTheirIndex) {
  add_transformer("high_noise_model/diffusion_pytorch_model-00001-of-00001.safetensors");
  write_bytes(path() / "high_noise_model/diffusion_pytorch_model.safetensors.index.json",
              R"({"weight_map":{"head.modulation":)"
              R"("diffusion_pytorch_model-00001-of-00001.safetensors"}})");
  add_transformer("low_noise_model/diffusion_pytorch_model.safetensors");
  expect_refusal("no vae");
}

TEST_F(LooseModel, RefusesAFileThatIsAnotherPart) {
  const auto vae = add_vae("vae.safetensors");
  const auto other = add("other.safetensors", "x");
  EXPECT_ERROR(named_parts({.transformer = vae}), ErrorCode::kCorrupt,
               "its tensors are those of the vae (expected the transformer)");
  EXPECT_ERROR(named_parts({.image_encoder = other}), ErrorCode::kCorrupt,
               "its tensors are no part of a Wan model (expected the image_encoder)");
}

TEST_F(LooseModel, RefusesClipUnderOpenClipsNames) {
  const auto clip = add("clip.safetensors", "visual.transformer.0.attn.to_qkv.weight");
  EXPECT_ERROR(named_parts({.image_encoder = clip}), ErrorCode::kUsage, "under OpenCLIP's names");
}

class PartConfig : public LooseModel {
 protected:
  ConfigFile config_of(const std::filesystem::path& file, const std::string& component) {
    return config_of_part(file, open_part(file, component), component);
  }
};

TEST_F(PartConfig, OfATransformerIsItsAuthorsInDiffusersWords) {
  const auto file = add_transformer("model.safetensors");
  write_bytes(path() / "config.json",
              R"({"_class_name":"WanModel","dim":1536,"eps":1e-06,"ffn_dim":8960,"freq_dim":256,)"
              R"("in_dim":16,"model_type":"t2v","num_heads":12,"num_layers":30,"out_dim":16,)"
              R"("text_len":512})");
  const ConfigFile config = config_of(file, "transformer");
  EXPECT_EQ(config.integer("num_attention_heads", 0), 12);
  EXPECT_EQ(config.integer("attention_head_dim", 0), 128);
  EXPECT_EQ(config.integer("in_channels", 0), 16);
  EXPECT_EQ(config.integer("out_channels", 0), 16);
  EXPECT_EQ(config.integer("num_layers", 0), 30);
  EXPECT_EQ(config.number("eps", 0), 1e-6);
}

TEST_F(PartConfig, WithHeadsThatDoNotDivideTheWidthIsRefused) {
  const auto file = add_transformer("model.safetensors");
  write_bytes(path() / "config.json", R"({"dim":100,"num_heads":3})");
  EXPECT_ERROR(config_of(file, "transformer"), ErrorCode::kCorrupt,
               "'num_heads' 3 (expected heads");
}

TEST_F(PartConfig, OfAnotherPartIsLeftAlone) {
  const auto file = add_vae("vae.safetensors");
  write_bytes(path() / "config.json", R"({"_class_name":"WanModel","dim":1536,"num_heads":12})");
  const ConfigFile config = config_of(file, "vae");
  EXPECT_EQ(config.path(), file);
  EXPECT_EQ(config.find("num_attention_heads"), nullptr);
}

// Wan 2.1 and 2.2 differ in the channels of their latents.
TEST_F(PartConfig, OfAnAutoencoderHasTheStatisticsOfItsLatents) {
  const auto small = add("a/vae.safetensors", "conv2.weight", {16, 16, 1, 1, 1});
  const auto large = add("b/vae.safetensors", "conv2.weight", {48, 48, 1, 1, 1});
  const auto other = add("c/vae.safetensors", "conv2.weight", {24, 24, 1, 1, 1});
  const auto latents = [](const std::filesystem::path& file) {
    const TensorFiles files = TensorFiles::open_file(file).renamed(
        [](const std::string&) { return "post_quant_conv.weight"; });
    const ConfigFile config(file, default_vae_config(files));
    return std::pair(config.numbers("latents_mean"), config.numbers("latents_std"));
  };
  EXPECT_EQ(latents(small).first.size(), 16u);
  EXPECT_EQ(latents(small).first.front(), -0.7571);
  EXPECT_EQ(latents(small).second.back(), 1.9160);
  EXPECT_EQ(latents(large).first.size(), 48u);
  EXPECT_EQ(latents(large).second.back(), 0.7744);
  EXPECT_TRUE(latents(other).first.empty());
}

}  // namespace
}  // namespace zoetrope
