#include "models/wan/wan_family.h"

#include "models/umt5/umt5_text_encoder.h"
#include "models/wan/diffusers_parts.h"
#include "models/wan/generation_defaults.h"
#include "models/wan/part_files.h"
#include "models/wan/stage_memory.h"
#include "models/wan/transformer.h"
#include "models/wan/vae_encode_stream.h"
#include "models/wan/vae_stream.h"
#include "models/wan/wan_parts.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

// A part whose tensors are checked now, by name and shape, and read when it is needed.
template <typename Interface, typename Build>
Lazy<Interface> lazy_part(const WanPart& part, at::ScalarType type, const Build& build) {
  check_module(part.files, build);
  return {[path = part.path, name = part.name, type,
           build](const ByteCounter& on_bytes) -> std::unique_ptr<Interface> {
            const auto files = std::make_shared<const TensorFiles>(open_part(path, name));
            return load_module(files, type, on_bytes, build);
          },
          static_cast<std::int64_t>(part.files.total_bytes())};
}

Lazy<Denoiser> lazy_denoiser(const WanTransformerPart& part, at::ScalarType type,
                             const std::shared_ptr<const KeptBlocks>& kept) {
  return lazy_part<Denoiser>(
      part, type, [kept, config = part.structure](const WeightReader& weights) {
        return std::make_unique<WanDenoiser>(WanTransformer(config, weights, kept->denoiser));
      });
}

void require_fit(const ClipProcessor& processor, const ClipVisionConfig& tower,
                 const ModelIndex& index) {
  const bool cut = processor.crop_width > 0;
  const int width = cut ? processor.crop_width : processor.width;
  const int height = cut ? processor.crop_height : processor.height;
  if (width == tower.image_size && height == tower.image_size) return;
  throw Error(ErrorCode::kCorrupt,
              "open model " + index.folder().string() + ": the image processor makes pictures of " +
                  std::to_string(width) + "x" + std::to_string(height) +
                  " (the image encoder sees " + std::to_string(tower.image_size) + "x" +
                  std::to_string(tower.image_size) + ")");
}

// The image encoder sees a still or two, once: it is not rounded to bf16 on the way.
std::shared_ptr<WanStillEncoder> still_encoder(const ModelIndex& index, const WanParts& parts,
                                               at::ScalarType type) {
  auto vae = lazy_part<VideoEncoder>(parts.vae, type,
                                     [config = parts.vae_structure](const WeightReader& weights) {
                                       return std::make_unique<WanVideoEncoder>(config, weights);
                                     });
  Lazy<ClipImageEncoder> clip;
  if (parts.image_encoder) {
    const auto processor =
        read_clip_processor(index.component_config("image_processor", "preprocessor_config.json"));
    require_fit(processor, *parts.image_structure, index);
    clip = lazy_part<ClipImageEncoder>(
        *parts.image_encoder, at::kFloat,
        [config = *parts.image_structure, processor](const WeightReader& weights) {
          return std::make_unique<ClipImageEncoder>(processor, ClipVision(config, weights));
        });
  }
  return std::make_shared<WanStillEncoder>(
      *parts.start, static_cast<int>(parts.vae_structure.temporal_compression()), std::move(vae),
      std::move(clip));
}

// The last name of the path, "." and links followed where that can be done.
std::string folder_name(const std::filesystem::path& folder) {
  std::error_code error;
  const auto followed = std::filesystem::canonical(folder, error);
  return (error ? folder : followed).filename().string();
}

void describe_stills(const WanParts& parts, CheckpointInfo* info) {
  info->two_experts = parts.low_noise.has_value();
  if (!parts.start) return;
  if (parts.start == WanStart::kHeld) {
    info->image = StillUse::kOptional;
    return;
  }
  info->image = StillUse::kRequired;
  // A table of positions is for two stills; an image encoder without one sees a single still.
  info->last_image = parts.transformer.structure.image_positions > 0 ? StillUse::kRequired
                     : parts.image_encoder                           ? StillUse::kNone
                                                                     : StillUse::kOptional;
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

}  // namespace

bool WanFamily::matches(const ModelIndex& index) const {
  return index.pipeline_class() == "WanPipeline" ||
         index.pipeline_class() == "WanImageToVideoPipeline";
}

std::vector<DiffusersPart> WanFamily::diffusers_parts(const ModelIndex& index) const {
  return wan_diffusers_parts(index);
}

Pipeline WanFamily::load(const ModelIndex& index, at::ScalarType compute_type) const {
  const auto parts = std::make_shared<const WanParts>(index);
  const auto tokenizer =
      std::make_shared<const UnigramTokenizer>(open_tokenizer(index.component_path("tokenizer")));

  Pipeline p;
  p.sampler = parts->sampler;
  p.text_length = static_cast<int>(umt5_context_length(*tokenizer));
  p.info.folder = index.folder();
  p.info.name = folder_name(index.folder());
  p.info.family = name();
  p.info.pipeline_class = index.pipeline_class();
  p.info.max_prompt_tokens = p.text_length;
  p.info.components = parts->infos();
  describe(parts->transformer.structure, parts->vae_structure, &p.info);
  describe_stills(*parts, &p.info);
  p.info.image_note = image_note(index);
  p.info.defaults = generation_defaults(index, p.info, p.sampler);

  p.memory = [parts, info = p.info, compute_type](const GenerationRequest& request) {
    return wan_stage_memory(*parts, info, request, at::elementSize(compute_type));
  };
  const auto kept = p.kept_blocks = std::make_shared<KeptBlocks>(kAllBlocks, kAllBlocks);

  p.text = lazy_part<TextEncoder>(
      parts->text, compute_type,
      [tokenizer, kept, config = parts->text_structure](const WeightReader& weights) {
        return std::make_unique<Umt5TextEncoder>(tokenizer,
                                                 Umt5Encoder(config, weights, kept->text));
      });
  if (parts->start) {
    const auto encoder = still_encoder(index, *parts, compute_type);
    p.encode_stills = [encoder](const Stills& stills, const GenerationRequest& r,
                                const RunHooks& hooks) {
      return encoder->encode(stills, r, hooks);
    };
    p.keep_still_parts = [encoder](bool keep) { encoder->keep_parts(keep); };
  }
  p.denoiser = lazy_denoiser(parts->transformer, compute_type, kept);
  if (parts->low_noise) p.low_noise_denoiser = lazy_denoiser(*parts->low_noise, compute_type, kept);
  p.boundary = parts->boundary;
  p.decoder = lazy_part<VideoDecoder>(parts->vae, compute_type,
                                      [config = parts->vae_structure](const WeightReader& weights) {
                                        return std::make_unique<WanVideoDecoder>(config, weights);
                                      });
  return p;
}

}  // namespace zoetrope
