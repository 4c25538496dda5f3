#pragma once

#include <optional>

#include "checkpoint/model_index.h"
#include "checkpoint/safetensors.h"
#include "models/clip/clip_vision_config.h"
#include "models/umt5/umt5_config.h"
#include "models/wan/still_encoder.h"
#include "models/wan/transformer_config.h"
#include "models/wan/vae_config.h"
#include "sampling/sampler.h"
#include "zoetrope/checkpoint.h"

namespace zoetrope {

/// One component: its config and the headers of its weights.
struct WanPart {
  WanPart(const ModelIndex& index, const std::string& component);

  ComponentInfo info() const;

  std::string name, class_name;
  std::filesystem::path path;  ///< what open_part opens
  ConfigFile config;
  TensorFiles files;
};

/// A transformer and what its tensors say it is.
struct WanTransformerPart : WanPart {
  WanTransformerPart(const ModelIndex& index, const std::string& component);

  WanTransformerConfig structure;
};

/// All that a Wan checkpoint consists of, opened by its headers and checked to fit together.
struct WanParts {
  /// Throws Error(kCorrupt) naming what is missing or does not fit.
  explicit WanParts(const ModelIndex& index);

  std::vector<ComponentInfo> infos() const;

  SamplerConfig sampler;
  WanPart text, vae;
  WanTransformerPart transformer;
  std::optional<WanTransformerPart> low_noise;  ///< the second expert
  double boundary = 0;                          ///< least timestep of the first; 0 with one
  std::optional<WanPart> image_encoder;         ///< iff the transformer reads what it sees
  Umt5Config text_structure;
  WanVaeConfig vae_structure;
  std::optional<ClipVisionConfig> image_structure;
  std::optional<WanStart> start;  ///< nothing: text alone
};

}  // namespace zoetrope
