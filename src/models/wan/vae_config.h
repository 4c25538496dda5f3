#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace zoetrope {

class ConfigFile;
class TensorFiles;

/// What follows the residual blocks of a block: up blocks double height and width there (and the
/// number of frames), down blocks halve them.
enum class WanResampling { kNone, kSpace, kSpaceAndTime };

struct WanDownBlockConfig {
  std::int64_t in = 0;   ///< channels
  std::int64_t out = 0;  ///< channels of its residual blocks and after downsampling
  WanResampling downsampling = WanResampling::kNone;
};

struct WanUpBlockConfig {
  std::int64_t in = 0;     ///< channels
  std::int64_t out = 0;    ///< channels of its residual blocks
  std::int64_t after = 0;  ///< channels after upsampling; `out` where there is none
  WanResampling upsampling = WanResampling::kNone;
};

/// A Wan video autoencoder. Source: Wan 2.1 and 2.2 VAE.
struct WanVaeConfig {
  std::int64_t z_dim = 0;                   ///< C of the latents
  std::vector<WanUpBlockConfig> up_blocks;  ///< in the order they run; the last does not upsample
  /// The encoder's, as many, in the order they run; none where the checkpoint has no encoder.
  std::vector<WanDownBlockConfig> down_blocks;
  std::int64_t resnets_per_block = 0;  ///< of an up block; a down block has one less
  bool is_residual = false;            ///< the 2.2 VAE: blocks add their resampled input
  std::int64_t patch_size = 1;
  std::vector<double> latents_mean, latents_std;  ///< z_dim values each; std > 0

  /// Channels of a frame whose pixels are gathered in patches, before encoding and after decoding.
  std::int64_t out_channels() const { return 3 * patch_size * patch_size; }

  /// Pixels per latent in height and width (8 or 16 in released models).
  std::int64_t spatial_compression() const;

  /// F = 1 + (T - 1) * temporal_compression() frames come from T latents (4 in released models).
  std::int64_t temporal_compression() const;

  /// The names, in the scope "encoder.down_blocks", of a down block's residual blocks and of its
  /// downsampler. The 2.1 encoder numbers them all in one row.
  std::string down_resnet_name(std::size_t block, std::int64_t resnet) const;
  std::string downsampler_name(std::size_t block) const;
};

/// Derives the structure from the names and shapes of the tensors and checks what config.json says
/// against it. Throws Error(kCorrupt) if they disagree, if this is no Wan autoencoder, if its
/// encoder is not its decoder reversed, or if it has attention inside its blocks (`attn_scales`),
/// which no released model has.
WanVaeConfig read_vae_config(const ConfigFile& config, const TensorFiles& files);

}  // namespace zoetrope
