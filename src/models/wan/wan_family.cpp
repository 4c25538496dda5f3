#include "models/wan/wan_family.h"

#include <algorithm>

#include "core/quote.h"
#include "models/umt5/umt5_text_encoder.h"
#include "models/wan/generation_defaults.h"
#include "models/wan/transformer.h"
#include "models/wan/vae_stream.h"
#include "pipeline/validate.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

[[noreturn]] void refuse(const ModelIndex& index, const std::string& found) {
  throw Error(ErrorCode::kCorrupt, "open model " + index.folder().string() + ": " + found);
}

// One component's folder: its config and the headers of its weights.
struct Component {
  Component(const ModelIndex& index, const std::string& name)
      : folder(index.component_folder(name)),
        config(folder / "config.json"),
        files(TensorFiles::open_folder(folder)) {}

  std::filesystem::path folder;
  ConfigFile config;
  TensorFiles files;
};

ComponentInfo component_info(const ModelIndex& index, const std::string& name,
                             const Component& component) {
  ComponentInfo info;
  info.name = name;
  info.class_name = index.component_class(name);
  info.parameters = static_cast<std::int64_t>(component.files.total_parameters());
  info.bytes = static_cast<std::int64_t>(component.files.total_bytes());
  info.files = static_cast<int>(component.files.paths().size());
  for (const auto& [tensor, place] : component.files.tensors()) {
    const std::string dtype = dtype_name(place.info->dtype);
    info.dtype = info.dtype.empty() || info.dtype == dtype ? dtype : "mixed";
    if (info.dtype == "mixed") break;
  }
  return info;
}

// A part whose tensors are checked now, by name and shape, and read when it is needed.
template <typename Interface, typename Build>
Lazy<Interface> lazy_part(const Component& component, at::ScalarType type, const Build& build) {
  check_module(component.files, build);
  return {[folder = component.folder, type,
           build](const ByteCounter& on_bytes) -> std::unique_ptr<Interface> {
            const TensorFiles files = TensorFiles::open_folder(folder);
            return load_module(files, type, on_bytes, build);
          },
          static_cast<std::int64_t>(component.files.total_bytes())};
}

void require_components(const ModelIndex& index) {
  const std::pair<const char*, const char*> expected[] = {{"text_encoder", "UMT5EncoderModel"},
                                                          {"transformer", "WanTransformer3DModel"},
                                                          {"vae", "AutoencoderKLWan"}};
  for (const auto& [name, class_name] : expected) {
    const std::string found = index.component_class(name);
    if (found != class_name) {
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
  if (!index.component_class("transformer_2").empty()) {
    refuse(index,
           "two experts (transformer and transformer_2, Wan 2.2 A14B) are not supported by "
           "this version");
  }
}

// diffusers makes the class that the index names from the other file's options, so a folder in
// which they differ would be sampled otherwise here.
SamplerConfig read_scheduler(const ModelIndex& index) {
  const ConfigFile config(index.component_folder("scheduler") / "scheduler_config.json");
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

void require_fit(const ModelIndex& index, const Umt5Config& text,
                 const WanTransformerConfig& transformer, const WanVaeConfig& vae) {
  if (text.dim != transformer.text_dim) {
    refuse(index, "the text encoder's width is " + std::to_string(text.dim) +
                      " (the transformer expects " + std::to_string(transformer.text_dim) + ")");
  }
  if (vae.z_dim != transformer.channels) {
    refuse(index, "the VAE has " + std::to_string(vae.z_dim) +
                      " latent channels (the transformer " + std::to_string(transformer.channels) +
                      ")");
  }
}

// The last name of the path, "." and links followed where that can be done.
std::string folder_name(const std::filesystem::path& folder) {
  std::error_code error;
  const auto followed = std::filesystem::canonical(folder, error);
  return (error ? folder : followed).filename().string();
}

void describe(const WanTransformerConfig& transformer, const WanVaeConfig& vae,
              CheckpointInfo* info) {
  info->latent_channels = static_cast<int>(vae.z_dim);
  info->spatial_compression = static_cast<int>(vae.spatial_compression());
  info->frame_multiple = static_cast<int>(vae.temporal_compression());
  info->patch_frames = static_cast<int>(transformer.patch[0]);
  info->patch_height = static_cast<int>(transformer.patch[1]);
  info->patch_width = static_cast<int>(transformer.patch[2]);
  info->max_tokens_per_axis = static_cast<int>(transformer.rope_max_seq_len);
}

// The transformer at its widest, inside a feed-forward: x and its norm, the hidden layer before and
// after GELU, and fp32 copies of a few of them.
std::int64_t transformer_bytes(const WanTransformerConfig& c,
                               const std::vector<std::int64_t>& latents, std::int64_t element) {
  const std::int64_t tokens = latents[2] * latents[3] * latents[4] / c.patch_volume();
  return tokens * (6 * c.dim() + 2 * c.ffn_dim) * element + tokens * 2 * c.dim() * 4;
}

// The decoder's last block, on one chunk at the resolution before unpatchifying: its cached
// planes, input, norm, convolution's output and shortcut.
std::int64_t decoder_bytes(const WanVaeConfig& c, const GenerationRequest& request,
                           std::int64_t element) {
  const std::int64_t positions =
      c.temporal_compression() * (request.width / c.patch_size) * (request.height / c.patch_size);
  return positions * c.up_blocks.back().in * 6 * element;
}

}  // namespace

bool WanFamily::matches(const ModelIndex& index) const {
  return index.pipeline_class() == "WanPipeline";
}

Pipeline WanFamily::load(const ModelIndex& index, at::ScalarType compute_type) const {
  require_components(index);
  const Component text(index, "text_encoder");
  const Component transformer(index, "transformer");
  const Component vae(index, "vae");
  const auto text_config = read_umt5_config(text.config, text.files);
  const auto transformer_config = read_transformer_config(transformer.config, transformer.files);
  const auto vae_config = read_vae_config(vae.config, vae.files);
  require_fit(index, text_config, transformer_config, vae_config);
  const auto tokenizer = std::make_shared<const UnigramTokenizer>(
      UnigramTokenizer::open(index.component_folder("tokenizer")));

  Pipeline p;
  p.sampler = read_scheduler(index);
  p.text_length = static_cast<int>(umt5_context_length(*tokenizer));
  p.info.folder = index.folder();
  p.info.name = folder_name(index.folder());
  p.info.family = name();
  p.info.pipeline_class = index.pipeline_class();
  p.info.max_prompt_tokens = p.text_length;
  p.info.components = {component_info(index, "text_encoder", text),
                       component_info(index, "transformer", transformer),
                       component_info(index, "vae", vae)};
  describe(transformer_config, vae_config, &p.info);
  p.info.defaults = generation_defaults(index, p.info, p.sampler);

  p.activation_bytes = [=, info = p.info](const GenerationRequest& request) {
    const std::int64_t element = at::elementSize(compute_type);
    return std::max(transformer_bytes(transformer_config, latent_shape(request, info), element),
                    decoder_bytes(vae_config, request, element));
  };

  p.text = lazy_part<TextEncoder>(text, compute_type, [=](const WeightReader& weights) {
    return std::make_unique<Umt5TextEncoder>(tokenizer, Umt5Encoder(text_config, weights));
  });
  p.denoiser = lazy_part<Denoiser>(transformer, compute_type, [=](const WeightReader& weights) {
    return std::make_unique<WanDenoiser>(WanTransformer(transformer_config, weights));
  });
  p.decoder = lazy_part<VideoDecoder>(vae, compute_type, [=](const WeightReader& weights) {
    return std::make_unique<WanVideoDecoder>(vae_config, weights);
  });
  return p;
}

}  // namespace zoetrope
