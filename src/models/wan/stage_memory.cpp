#include "models/wan/stage_memory.h"

#include <algorithm>

#include "models/wan/memory.h"
#include "pipeline/validate.h"

namespace zoetrope {
namespace {

// What a stage takes beside the networks' tensors: pages of code and scratch of LibTorch, free
// pieces of the heap, and while decoding the video encoder. Measured on sizes from 64x64 to
// 1024x1024 with tests/support/measured_memory.py; with them the plan is within 10 %.
constexpr std::int64_t kDenoiseBytes = 5 << 20;
constexpr std::int64_t kDecodeBytes = 28 << 20;

// What a video encoder holds back at most: frames that it looks ahead at and refers to.
constexpr std::int64_t kEncoderFrames = 60;

// Of the weights in a scope, once they are in the compute type.
std::int64_t bytes_in(const TensorFiles& files, const std::string& scope, std::int64_t element) {
  std::int64_t count = 0;
  for (const auto& [name, place] : files.tensors()) {
    if (!name.starts_with(scope)) continue;
    count += static_cast<std::int64_t>(place.info->bytes / dtype_bytes(place.info->dtype));
  }
  return count * element;
}

// A network whose blocks are `scope`0, `scope`1, …
StageMemory network_memory(Stage stage, const WanPart& part, const std::string& scope,
                           std::int64_t blocks, std::int64_t element) {
  StageMemory memory{.stage = stage, .blocks = blocks};
  const std::int64_t in_blocks = bytes_in(part.files, scope, element);
  memory.block_bytes = blocks > 0 ? in_blocks / blocks : 0;
  memory.weight_bytes = bytes_in(part.files, "", element) - in_blocks;
  return memory;
}

// With a still the tower leaves before the VAE comes; the larger of the two decides.
StageMemory still_memory(const WanParts& parts, const GenerationRequest& r,
                         std::int64_t latent_frames, std::int64_t element) {
  constexpr std::int64_t kTowerElement = 4;
  const TensorFiles& vae = parts.vae.files;
  StageMemory memory{.stage = Stage::kStill};
  memory.weight_bytes = bytes_in(vae, "encoder.", element) + bytes_in(vae, "quant_conv.", element);
  const std::int64_t frames = parts.start == WanStart::kHeld ? 1 : latent_frames;
  memory.work_bytes =
      kDecodeBytes + vae_encoder_bytes(parts.vae_structure, r.height, r.width, frames, element);
  const std::int64_t tower =
      parts.image_encoder ? bytes_in(parts.image_encoder->files, "", kTowerElement) : 0;
  if (tower > memory.weight_bytes + memory.work_bytes) {
    memory.weight_bytes = tower;
    memory.work_bytes = 0;
  }
  return memory;
}

}  // namespace

std::vector<StageMemory> wan_stage_memory(const WanParts& parts, const CheckpointInfo& info,
                                          const GenerationRequest& r, std::int64_t element) {
  const auto latents = latent_shape(r, info);
  std::vector<StageMemory> stages;
  if (!r.image.empty()) stages.push_back(still_memory(parts, r, latents[2], element));

  const Umt5Config& encoder = parts.text_structure;
  StageMemory text =
      network_memory(Stage::kText, parts.text, "encoder.block.", encoder.layers, element);
  text.work_bytes = encoder.dim * encoder.ffn_dim * element;  // a matrix while it is packed
  stages.push_back(text);

  // Two experts are in memory one after the other.
  const WanTransformerConfig& transformer = parts.transformer.structure;
  StageMemory denoise =
      network_memory(Stage::kDenoise, parts.transformer, "blocks.", transformer.layers, element);
  const std::int64_t prompts = r.guidance_scale > 1 ? 2 : 1;
  const std::int64_t still_rows = transformer.image_positions > 0 ? transformer.image_positions
                                  : parts.image_structure         ? parts.image_structure->tokens()
                                                                  : 0;
  const std::int64_t rows = info.max_prompt_tokens + still_rows;
  denoise.work_bytes = kDenoiseBytes + transformer_bytes(transformer,
                                                         latents[2] * latents[3] * latents[4] /
                                                             transformer.patch_volume(),
                                                         prompts, rows, element);
  stages.push_back(denoise);

  const TensorFiles& vae = parts.vae.files;
  StageMemory decode{.stage = Stage::kDecode};
  decode.weight_bytes =
      bytes_in(vae, "decoder.", element) + bytes_in(vae, "post_quant_conv.", element);
  decode.work_bytes =
      kDecodeBytes + vae_decoder_bytes(parts.vae_structure, r.height, r.width, element) +
      std::min<std::int64_t>(r.num_frames, kEncoderFrames) * r.height * r.width * 3 / 2;
  stages.push_back(decode);
  return stages;
}

}  // namespace zoetrope
