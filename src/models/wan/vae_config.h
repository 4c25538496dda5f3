#pragma once

#include <cstdint>
#include <vector>

namespace zoetrope {

class ConfigFile;
class TensorFiles;

/// What follows the residual blocks of an up block. Both double height and width.
enum class WanUpsampling { kNone, kSpace, kSpaceAndTime };

struct WanUpBlockConfig {
  std::int64_t in = 0;     ///< channels
  std::int64_t out = 0;    ///< channels of its residual blocks
  std::int64_t after = 0;  ///< channels after upsampling; `out` where there is none
  WanUpsampling upsampling = WanUpsampling::kNone;
};

/// A Wan video autoencoder, as far as decoding needs it. Source: Wan 2.1 and 2.2 VAE.
struct WanVaeConfig {
  std::int64_t z_dim = 0;                   ///< C of the latents
  std::vector<WanUpBlockConfig> up_blocks;  ///< in the order they run; the last does not upsample
  std::int64_t resnets_per_block = 0;
  bool is_residual = false;  ///< the 2.2 VAE: up blocks add their upsampled input
  std::int64_t patch_size = 1;
  std::vector<double> latents_mean, latents_std;  ///< z_dim values each; std > 0

  std::int64_t out_channels() const { return 3 * patch_size * patch_size; }

  /// Pixels per latent in height and width (8 or 16 in released models).
  std::int64_t spatial_compression() const;

  /// F = 1 + (T - 1) * temporal_compression() frames come from T latents (4 in released models).
  std::int64_t temporal_compression() const;
};

/// Derives the structure from the names and shapes of the tensors and checks what config.json says
/// against it. Throws Error(kCorrupt) if they disagree, if this is no Wan autoencoder, or if it has
/// attention inside its blocks (`attn_scales`), which no released model has.
WanVaeConfig read_vae_config(const ConfigFile& config, const TensorFiles& files);

}  // namespace zoetrope
