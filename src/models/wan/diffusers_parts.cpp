#include "models/wan/diffusers_parts.h"

#include <algorithm>

#include "models/wan/wan_parts.h"

namespace zoetrope {
namespace {

constexpr const char* kDiffusersStem = "diffusion_pytorch_model";
constexpr const char* kTransformersStem = "model";

Json or_null(bool given, Json value) { return given ? std::move(value) : Json(); }

Json::Object config_of(const WanTransformerConfig& c) {
  return {{"_class_name", "WanTransformer3DModel"},
          {"added_kv_proj_dim", or_null(c.image_attention, c.dim())},
          {"attention_head_dim", c.head_dim},
          {"cross_attn_norm", c.cross_attn_norm},
          {"eps", c.eps},
          {"ffn_dim", c.ffn_dim},
          {"freq_dim", c.freq_dim},
          {"image_dim", or_null(c.image_dim > 0, c.image_dim)},
          {"in_channels", c.in_channels},
          {"num_attention_heads", c.heads},
          {"num_layers", c.layers},
          {"out_channels", c.out_channels},
          {"patch_size", Json::Array(c.patch.begin(), c.patch.end())},
          {"pos_embed_seq_len", or_null(c.image_positions > 0, c.image_positions)},
          {"qk_norm", "rms_norm_across_heads"},
          {"rope_max_seq_len", c.rope_max_seq_len},
          {"text_dim", c.text_dim}};
}

// Widths of the blocks in units of the first: the encoder's where there is one, else the decoder's
// from its end.
Json::Object config_of(const WanVaeConfig& c) {
  const std::size_t count = c.up_blocks.size();
  const bool encoder = !c.down_blocks.empty();
  const std::int64_t base = encoder ? c.down_blocks.front().in : c.up_blocks.back().out;
  Json::Array multiples, times;
  std::int64_t first_multiple = 1;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t out = encoder ? c.down_blocks[i].out : c.up_blocks[count - 1 - i].out;
    if (i == 0) first_multiple = std::max<std::int64_t>(1, out / base);
    multiples.emplace_back(out / base);
    if (i + 1 == count) break;
    times.emplace_back(c.up_blocks[count - 2 - i].upsampling == WanResampling::kSpaceAndTime);
  }
  const std::int64_t decoder_base = c.up_blocks.back().out / first_multiple;
  return {{"_class_name", "AutoencoderKLWan"},
          {"attn_scales", Json::Array{}},
          {"base_dim", base},
          {"decoder_base_dim", or_null(decoder_base != base, decoder_base)},
          {"dim_mult", std::move(multiples)},
          {"dropout", 0.0},
          {"in_channels", c.out_channels()},
          {"is_residual", c.is_residual},
          {"latents_mean", Json::Array(c.latents_mean.begin(), c.latents_mean.end())},
          {"latents_std", Json::Array(c.latents_std.begin(), c.latents_std.end())},
          {"num_res_blocks", c.resnets_per_block - 1},
          {"out_channels", c.out_channels()},
          {"patch_size", or_null(c.patch_size > 1, c.patch_size)},
          {"scale_factor_spatial", c.spatial_compression()},
          {"scale_factor_temporal", c.temporal_compression()},
          {"temperal_downsample", std::move(times)},
          {"z_dim", c.z_dim}};
}

Json::Object config_of(const Umt5Config& c) {
  return {{"architectures", Json::Array{"UMT5EncoderModel"}},
          {"d_ff", c.ffn_dim},
          {"d_kv", c.head_dim},
          {"d_model", c.dim},
          {"decoder_start_token_id", 0},
          {"dense_act_fn", "gelu_new"},
          {"dropout_rate", 0.1},
          {"eos_token_id", 1},
          {"feed_forward_proj", "gated-gelu"},
          {"is_encoder_decoder", true},
          {"is_gated_act", true},
          {"layer_norm_epsilon", c.eps},
          {"model_type", "umt5"},
          {"num_decoder_layers", c.layers},
          {"num_heads", c.heads},
          {"num_layers", c.layers},
          {"pad_token_id", 0},
          {"relative_attention_max_distance", c.max_distance},
          {"relative_attention_num_buckets", c.buckets},
          {"tie_word_embeddings", false},
          {"vocab_size", c.vocabulary}};
}

Json::Object config_of(const ClipVisionConfig& c) {
  const bool gelu = c.activation == ClipVisionConfig::Activation::kGelu;
  return {{"architectures", Json::Array{"CLIPVisionModel"}},
          {"hidden_act", gelu ? "gelu" : "quick_gelu"},
          {"hidden_size", c.dim},
          {"image_size", c.image_size},
          {"intermediate_size", c.ffn_dim},
          {"layer_norm_eps", c.eps},
          {"model_type", "clip_vision_model"},
          {"num_attention_heads", c.heads},
          {"num_channels", 3},
          {"num_hidden_layers", c.layers},
          {"patch_size", c.patch}};
}

// The text and image encoders' own configs know more than this program reads.
template <typename Config>
Json::Object own_or_written(const WanPart& part, const Config& structure) {
  if (part.config.find("model_type") == nullptr) return config_of(structure);
  Json::Object config = part.config.entries();
  std::erase_if(config, [](const auto& entry) {
    return entry.first == "quantization_config" || entry.first == "_name_or_path";
  });
  return config;
}

}  // namespace

std::vector<DiffusersPart> wan_diffusers_parts(const ModelIndex& index) {
  WanParts parts(index);
  std::vector<DiffusersPart> result;
  result.push_back({"text_encoder", kTransformersStem,
                    own_or_written(parts.text, parts.text_structure), std::move(parts.text.files)});
  result.push_back({"transformer", kDiffusersStem, config_of(parts.transformer.structure),
                    std::move(parts.transformer.files)});
  if (parts.low_noise) {
    result.push_back({"transformer_2", kDiffusersStem, config_of(parts.low_noise->structure),
                      std::move(parts.low_noise->files)});
  }
  result.push_back(
      {"vae", kDiffusersStem, config_of(parts.vae_structure), std::move(parts.vae.files)});
  if (parts.image_encoder) {
    result.push_back({"image_encoder", kTransformersStem,
                      own_or_written(*parts.image_encoder, *parts.image_structure),
                      std::move(parts.image_encoder->files)});
  }
  return result;
}

}  // namespace zoetrope
