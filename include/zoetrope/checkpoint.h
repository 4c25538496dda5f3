#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "zoetrope/model_files.h"
#include "zoetrope/request.h"

namespace zoetrope {

/// One part of a checkpoint, read from its headers alone.
struct ComponentInfo {
  std::string name;        ///< "transformer"
  std::string class_name;  ///< "WanTransformer3DModel"
  std::string dtype;       ///< as stored, "BF16"; "mixed" if not all the same, "F8_E4M3" if any is
  std::int64_t parameters = 0;
  std::int64_t bytes = 0;  ///< of tensor data on disk
  std::vector<std::filesystem::path> files;
};

/// Whether a checkpoint makes clips from a still.
enum class StillUse { kNone, kOptional, kRequired };

/// What a checkpoint is, without its weights.
struct CheckpointInfo {
  std::filesystem::path folder;  ///< of loose files without one: the transformer's file
  std::string name;              ///< the folder's own name
  std::string family;            ///< "wan"
  std::string pipeline_class;    ///< "WanPipeline"
  std::vector<ComponentInfo> components;
  StillUse image = StillUse::kNone;       ///< a still to start from
  StillUse last_image = StillUse::kNone;  ///< a still to end with; never without one to start from
  std::string image_note;                 ///< what to expect of clips from a still, or nothing
  bool two_experts = false;               ///< one for high noise, one for low: Wan 2.2 A14B
  GenerationRequest defaults;             ///< recommended size, frames, rate, steps, guidance, …
  int frame_multiple = 0;                 ///< frames must be n * this + 1
  int latent_channels = 0;                ///< C of the latents [1, C, T, h, w]
  int spatial_compression = 0;            ///< pixels per latent row or column
  int patch_frames = 1;                   ///< latent frames, rows and columns that one token covers
  int patch_height = 1;
  int patch_width = 1;
  int max_prompt_tokens = 0;  ///< longer prompts are cut, with a warning

  int max_tokens_per_axis = 0;  ///< along frames, rows and columns of tokens

  /// Width and height must be multiples of these.
  int width_multiple() const { return spatial_compression * patch_width; }
  int height_multiple() const { return spatial_compression * patch_height; }

  /// Tokens that the transformer sees for latents of this size.
  std::int64_t tokens(int frames, int height, int width) const {
    return std::int64_t{frames / patch_frames} * (height / patch_height) * (width / patch_width);
  }
};

/// Reads the headers of a model and cross-checks them with its configs.
/// Throws Error(kCorrupt) naming file and key or tensor.
CheckpointInfo inspect_checkpoint(const ModelFiles& model);

}  // namespace zoetrope
