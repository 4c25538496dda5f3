#include "models/wan/original_names.h"

#include <algorithm>
#include <set>
#include <utility>

namespace zoetrope {
namespace {

constexpr std::string_view kTransformerPrefixes[] = {"model.diffusion_model.", "diffusion_model.",
                                                     "net.", "generator.model.", "model."};
constexpr std::string_view kVaePrefixes[] = {"model.", "vae.", "first_stage_model."};

constexpr NameRule kTransformerRules[] = {
    {"text_embedding.0", "condition_embedder.text_embedder.linear_1"},
    {"text_embedding.2", "condition_embedder.text_embedder.linear_2"},
    {"time_embedding.0", "condition_embedder.time_embedder.linear_1"},
    {"time_embedding.2", "condition_embedder.time_embedder.linear_2"},
    {"time_projection.1", "condition_embedder.time_proj"},
    {"img_emb.proj.0", "condition_embedder.image_embedder.norm1"},
    {"img_emb.proj.1", "condition_embedder.image_embedder.ff.net.0.proj"},
    {"img_emb.proj.3", "condition_embedder.image_embedder.ff.net.2"},
    {"img_emb.proj.4", "condition_embedder.image_embedder.norm2"},
    {"img_emb.emb_pos", "condition_embedder.image_embedder.pos_embed"},
    {"head.modulation", "scale_shift_table"},
    {"head.head", "proj_out"},
};

// The norm before cross-attention is the third that is declared, but the second that is run.
constexpr NameRule kBlockRules[] = {
    {"modulation", "scale_shift_table"},
    {"norm3", "norm2"},
    {"self_attn.q", "attn1.to_q"},
    {"self_attn.k", "attn1.to_k"},
    {"self_attn.v", "attn1.to_v"},
    {"self_attn.o", "attn1.to_out.0"},
    {"self_attn.norm_q", "attn1.norm_q"},
    {"self_attn.norm_k", "attn1.norm_k"},
    {"cross_attn.q", "attn2.to_q"},
    {"cross_attn.k", "attn2.to_k"},
    {"cross_attn.v", "attn2.to_v"},
    {"cross_attn.o", "attn2.to_out.0"},
    {"cross_attn.norm_q", "attn2.norm_q"},
    {"cross_attn.norm_k", "attn2.norm_k"},
    {"cross_attn.k_img", "attn2.add_k_proj"},
    {"cross_attn.v_img", "attn2.add_v_proj"},
    {"cross_attn.norm_k_img", "attn2.norm_added_k"},
    {"ffn.0", "ffn.net.0.proj"},
    {"ffn.2", "ffn.net.2"},
};

constexpr NameRule kVaeRules[] = {
    {"conv1", "quant_conv"},
    {"conv2", "post_quant_conv"},
};

// Of the encoder and of the decoder.
constexpr NameRule kCoderRules[] = {
    {"conv1", "conv_in"},
    {"head.0", "norm_out"},
    {"head.2", "conv_out"},
    {"middle.0", "mid_block.resnets.0"},
    {"middle.1", "mid_block.attentions.0"},
    {"middle.2", "mid_block.resnets.1"},
};

constexpr NameRule kResidualRules[] = {
    {"residual.0", "norm1"}, {"residual.2", "conv1"},       {"residual.3", "norm2"},
    {"residual.6", "conv2"}, {"shortcut", "conv_shortcut"},
};

std::string transformer_name(const std::string& name) {
  if (const auto block = numbered_name(name, "blocks")) {
    return "blocks." + std::to_string(block->number) + "." + apply_rules(kBlockRules, block->rest);
  }
  return apply_rules(kTransformerRules, name);
}

bool is_resampler(std::string_view rest) {
  return rest.starts_with("resample.") || rest.starts_with("time_conv.");
}

// The numbers of the blocks of the flat list that double the size: they end an up block.
std::set<std::int64_t> upsamplers(const TensorFiles& files, const std::string& prefix) {
  std::set<std::int64_t> found;
  for (const auto& [name, place] : files.tensors()) {
    const auto block = numbered_name(name, prefix + "decoder.upsamples");
    if (block && is_resampler(block->rest)) found.insert(block->number);
  }
  return found;
}

// "decoder.upsamples.5.REST" of the 2.1 autoencoder.
std::string flat_up_block(const NumberedName& block, const std::set<std::int64_t>& ends) {
  const auto end = ends.lower_bound(block.number);
  const auto up_block = std::distance(ends.begin(), end);
  const std::int64_t begin = end == ends.begin() ? 0 : *std::prev(end) + 1;
  const std::string at = "up_blocks." + std::to_string(up_block) + ".";
  if (is_resampler(block.rest)) return at + "upsamplers.0." + std::string(block.rest);
  return at + "resnets." + std::to_string(block.number - begin) + "." +
         apply_rules(kResidualRules, block.rest);
}

// "REST" of the 2.2 autoencoder's block: "upsamples.1.residual.0.gamma".
std::string nested_block(std::string_view rest, const std::string& list,
                         const std::string& resampler) {
  const auto inner = numbered_name(rest, list);
  if (!inner) return std::string(rest);
  if (is_resampler(inner->rest)) return resampler + "." + std::string(inner->rest);
  return "resnets." + std::to_string(inner->number) + "." +
         apply_rules(kResidualRules, inner->rest);
}

bool is_nested(const NumberedName& block, const std::string& list) {
  return block.rest.starts_with(list + ".");
}

std::string encoder_name(std::string_view name) {
  const auto block = numbered_name(name, "downsamples");
  if (!block) return apply_rules(kCoderRules, name);
  const std::string at = "down_blocks." + std::to_string(block->number) + ".";
  if (is_nested(*block, "downsamples")) {
    return at + nested_block(block->rest, "downsamples", "downsampler");
  }
  return at + apply_rules(kResidualRules, block->rest);
}

std::string decoder_name(std::string_view name, const std::set<std::int64_t>& ends) {
  const auto block = numbered_name(name, "upsamples");
  if (!block) return apply_rules(kCoderRules, name);
  if (is_nested(*block, "upsamples")) {
    return "up_blocks." + std::to_string(block->number) + "." +
           nested_block(block->rest, "upsamples", "upsampler");
  }
  return flat_up_block(*block, ends);
}

// The residual blocks in the middle have rules of their own below those of the list.
std::string with_middle(const std::string& name) {
  for (const std::string_view resnet : {"mid_block.resnets.0.", "mid_block.resnets.1."}) {
    if (name.starts_with(resnet)) {
      return std::string(resnet) + apply_rules(kResidualRules, name.substr(resnet.size()));
    }
  }
  return name;
}

std::string vae_name(const std::string& name, const std::set<std::int64_t>& ends) {
  constexpr std::string_view kEncoder = "encoder.", kDecoder = "decoder.";
  const std::string_view view = name;
  if (view.starts_with(kEncoder)) {
    return std::string(kEncoder) + with_middle(encoder_name(view.substr(kEncoder.size())));
  }
  if (view.starts_with(kDecoder)) {
    return std::string(kDecoder) + with_middle(decoder_name(view.substr(kDecoder.size()), ends));
  }
  return apply_rules(kVaeRules, name);
}

Naming naming_of(const TensorFiles& files, std::string_view original, std::string_view diffusers,
                 std::span<const std::string_view> prefixes) {
  if (files.shape_of(std::string(diffusers)) != nullptr) return Naming::kDiffusers;
  return prefix_before(files, original, prefixes) ? Naming::kOriginal : Naming::kOther;
}

constexpr std::string_view kOriginalTransformer = "head.modulation";
constexpr std::string_view kOriginalVae = "decoder.middle.0.residual.0.gamma";

}  // namespace

Naming wan_transformer_naming(const TensorFiles& files) {
  return naming_of(files, kOriginalTransformer, "condition_embedder.text_embedder.linear_1.weight",
                   kTransformerPrefixes);
}

TensorFiles with_diffusers_transformer_names(TensorFiles files) {
  if (wan_transformer_naming(files) != Naming::kOriginal) return files;
  const std::string prefix = *prefix_before(files, kOriginalTransformer, kTransformerPrefixes);
  return std::move(files).renamed([&](const std::string& name) {
    return name.starts_with(prefix) ? transformer_name(name.substr(prefix.size())) : name;
  });
}

Naming wan_vae_naming(const TensorFiles& files) {
  return naming_of(files, kOriginalVae, "decoder.mid_block.resnets.0.norm1.gamma", kVaePrefixes);
}

TensorFiles with_diffusers_vae_names(TensorFiles files) {
  if (wan_vae_naming(files) != Naming::kOriginal) return files;
  const std::string prefix = *prefix_before(files, kOriginalVae, kVaePrefixes);
  const std::set<std::int64_t> ends = upsamplers(files, prefix);
  return std::move(files).renamed([&](const std::string& name) {
    return name.starts_with(prefix) ? vae_name(name.substr(prefix.size()), ends) : name;
  });
}

}  // namespace zoetrope
