#include "models/wan/wan_parts.h"

#include "checkpoint/quantised.h"
#include "core/quote.h"
#include "models/wan/part_files.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

[[noreturn]] void refuse(const ModelIndex& index, const std::string& found) {
  throw Error(ErrorCode::kCorrupt, "open model " + index.folder().string() + ": " + found);
}

void require_components(const ModelIndex& index) {
  struct Expected {
    const char* name;
    const char* class_name;
    bool optional;
  };
  const Expected expected[] = {{"text_encoder", "UMT5EncoderModel", false},
                               {"transformer", "WanTransformer3DModel", false},
                               {"transformer_2", "WanTransformer3DModel", true},
                               {"vae", "AutoencoderKLWan", false}};
  for (const auto& [name, class_name, optional] : expected) {
    const std::string found = index.component_class(name);
    if (found != class_name && !(optional && found.empty())) {
      refuse(index, std::string("model_index.json has ") +
                        (found.empty() ? "no " + std::string(name)
                                       : std::string(name) + " " + in_quotes(found)) +
                        " (expected " + class_name + ")");
    }
  }
  for (const char* name : {"tokenizer", "scheduler"}) {
    if (index.component_class(name).empty()) {
      refuse(index, std::string("model_index.json has no ") + name);
    }
  }
}

// diffusers makes the class that the index names from the other file's options, so a folder in
// which they differ would be sampled otherwise here.
SamplerConfig read_scheduler(const ModelIndex& index) {
  const ConfigFile config = index.component_config("scheduler", "scheduler_config.json");
  const SamplerConfig result = read_sampler_config(config);
  const std::string in_index = index.component_class("scheduler");
  const std::string in_config = config.string("_class_name", "");
  if (in_index != in_config) {
    refuse(index, "model_index.json has scheduler " + in_quotes(in_index) +
                      ", but scheduler/scheduler_config.json is of " + in_quotes(in_config) +
                      " (expected the same class)");
  }
  return result;
}

// Text alone, a first frame held, or channels for the stills' latents and their mask.
std::optional<WanStart> start_of(const ModelIndex& index, const WanTransformerConfig& transformer,
                                 const WanVaeConfig& vae) {
  const std::int64_t appended = transformer.in_channels - transformer.out_channels;
  const bool held = index.scalars().boolean("expand_timesteps", false);
  if (appended == 0) {
    const bool can_hold = held && transformer.patch[0] == 1 && !vae.down_blocks.empty();
    return can_hold ? std::optional(WanStart::kHeld) : std::nullopt;
  }
  if (held || appended != vae.z_dim + vae.temporal_compression()) {
    refuse(index, "the transformer reads " + std::to_string(transformer.in_channels) +
                      " channels for latents of " + std::to_string(transformer.out_channels) +
                      " (expected " + std::to_string(vae.z_dim) + ", or " +
                      std::to_string(2 * vae.z_dim + vae.temporal_compression()) +
                      " with a still's; control models are not supported)");
  }
  if (vae.down_blocks.empty()) refuse(index, "the VAE has no encoder, which a still needs");
  return WanStart::kAppended;
}

void require_same(const ModelIndex& index, const WanTransformerConfig& high,
                  const WanTransformerConfig& low) {
  if (high.in_channels != low.in_channels || high.out_channels != low.out_channels ||
      high.patch != low.patch || high.text_dim != low.text_dim || high.image_dim != low.image_dim ||
      high.image_positions != low.image_positions) {
    refuse(index, "transformer and transformer_2 do not read the same latents and prompts");
  }
}

// 0 with one transformer.
double boundary_of(const ModelIndex& index, const SamplerConfig& sampler) {
  const double ratio = index.scalars().number("boundary_ratio", 0);
  const bool two = !index.component_class("transformer_2").empty();
  if (!(ratio >= 0 && ratio <= 1) || two != (ratio > 0)) {
    refuse(index, "'boundary_ratio' is " + std::to_string(ratio) + " with " +
                      (two ? "two transformers (expected above 0, at most 1)"
                           : "one transformer (expected null)"));
  }
  return ratio * sampler.train_timesteps;
}

std::optional<WanTransformerPart> open_low_noise(const ModelIndex& index) {
  if (index.component_class("transformer_2").empty()) return std::nullopt;
  return WanTransformerPart(index, "transformer_2");
}

// A class name that a config carries is not asked: copies name one where the weights read no image.
std::optional<WanPart> open_image_encoder(const ModelIndex& index,
                                          const WanTransformerConfig& transformer) {
  if (transformer.image_dim == 0) return std::nullopt;
  const std::string found = index.component_class("image_encoder");
  if (found != "CLIPVisionModel" && found != "CLIPVisionModelWithProjection") {
    refuse(index, "the transformer reads an image encoder's rows, and model_index.json has " +
                      (found.empty() ? "no image_encoder" : "image_encoder " + in_quotes(found)) +
                      " (expected CLIPVisionModel)");
  }
  return WanPart(index, "image_encoder");
}

void require_fit(const ModelIndex& index, const WanParts& parts) {
  const WanTransformerConfig& transformer = parts.transformer.structure;
  if (parts.text_structure.dim != transformer.text_dim) {
    refuse(index, "the text encoder's width is " + std::to_string(parts.text_structure.dim) +
                      " (the transformer expects " + std::to_string(transformer.text_dim) + ")");
  }
  if (parts.vae_structure.z_dim != transformer.out_channels) {
    refuse(index, "the VAE has " + std::to_string(parts.vae_structure.z_dim) +
                      " latent channels (the transformer " +
                      std::to_string(transformer.out_channels) + ")");
  }
  if (!parts.image_structure) return;
  const ClipVisionConfig& image = *parts.image_structure;
  if (image.dim != transformer.image_dim) {
    refuse(index, "the image encoder's width is " + std::to_string(image.dim) +
                      " (the transformer expects " + std::to_string(transformer.image_dim) + ")");
  }
  if (transformer.image_positions > 0 && transformer.image_positions != 2 * image.tokens()) {
    refuse(index, "the image encoder makes " + std::to_string(image.tokens()) +
                      " rows of a still (the transformer expects half of " +
                      std::to_string(transformer.image_positions) + ")");
  }
}

// One type for all, or "mixed". Norms and biases are never fp8, so that is said where most is.
std::string dtype_of(const TensorFiles& files) {
  std::string result;
  for (const auto& [tensor, place] : files.tensors()) {
    if (is_quantisation_data(tensor)) continue;
    const std::string dtype = dtype_name(place.info->dtype);
    if (is_fp8(place.info->dtype)) return dtype;
    result = result.empty() || result == dtype ? dtype : "mixed";
  }
  return result;
}

}  // namespace

WanPart::WanPart(const ModelIndex& index, const std::string& component)
    : name(component),
      class_name(index.component_class(component)),
      path(index.component_path(component)),
      config(index.component_config(component)),
      files(open_part(path, component)) {}

ComponentInfo WanPart::info() const {
  ComponentInfo info;
  info.name = name;
  info.class_name = class_name;
  info.parameters = static_cast<std::int64_t>(files.total_parameters());
  info.bytes = static_cast<std::int64_t>(files.total_bytes());
  info.files = files.paths();
  info.dtype = dtype_of(files);
  return info;
}

WanTransformerPart::WanTransformerPart(const ModelIndex& index, const std::string& component)
    : WanPart(index, component), structure(read_transformer_config(config, files)) {}

WanParts::WanParts(const ModelIndex& index)
    : sampler((require_components(index), read_scheduler(index))),
      text(index, "text_encoder"),
      vae(index, "vae"),
      transformer(index, "transformer"),
      low_noise(open_low_noise(index)),
      boundary(boundary_of(index, sampler)),
      image_encoder(open_image_encoder(index, transformer.structure)),
      text_structure(read_umt5_config(text.config, text.files)),
      vae_structure(read_vae_config(vae.config, vae.files)) {
  if (image_encoder) {
    image_structure = read_clip_vision_config(image_encoder->config, image_encoder->files);
  }
  if (low_noise) require_same(index, transformer.structure, low_noise->structure);
  require_fit(index, *this);
  start = start_of(index, transformer.structure, vae_structure);
}

std::vector<ComponentInfo> WanParts::infos() const {
  std::vector<ComponentInfo> infos = {text.info(), transformer.info()};
  if (low_noise) infos.push_back(low_noise->info());
  infos.push_back(vae.info());
  if (image_encoder) infos.push_back(image_encoder->info());
  return infos;
}

}  // namespace zoetrope
