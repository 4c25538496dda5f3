#pragma once

#include <cstdint>
#include <string>

namespace zoetrope {

class ConfigFile;
class TensorFiles;

/// A CLIP vision tower. Source: Radford et al. 2021 (arXiv:2103.00020); tensor names as in
/// transformers' CLIPVisionModel, with or without "vision_model." before them.
struct ClipVisionConfig {
  enum class Activation { kGelu, kQuickGelu };

  std::string prefix;           ///< of every tensor's name: "vision_model." or nothing
  std::int64_t dim = 0;         ///< D
  std::int64_t heads = 0;       ///< N, a divisor of D
  std::int64_t ffn_dim = 0;     ///< width inside a feed-forward
  std::int64_t layers = 0;      ///< stored ones; the last is not run
  std::int64_t patch = 0;       ///< pixels of a patch's side
  std::int64_t image_size = 0;  ///< S, pixels of the picture's side
  Activation activation = Activation::kGelu;
  double eps = 1e-5;

  /// Rows that it makes of a picture: one for the whole and one for each patch.
  std::int64_t tokens() const { return 1 + (image_size / patch) * (image_size / patch); }
};

/// Derives the structure from the names and shapes of the tensors and checks what config.json says
/// against it. Throws Error(kCorrupt) where they disagree, Error(kUsage) for another activation.
ClipVisionConfig read_clip_vision_config(const ConfigFile& config, const TensorFiles& files);

}  // namespace zoetrope
