#pragma once

#include <string>
#include <vector>

#include "support/golden_weights.h"

namespace zoetrope::test {

/// An autoencoder small enough to decode in milliseconds, as its config.json would state it.
struct TinyVae {
  std::int64_t base_dim = 3, decoder_base_dim = 3, z_dim = 16;
  std::vector<std::int64_t> dim_mult = {1, 1, 1, 1};
  std::int64_t num_res_blocks = 1;
  std::vector<bool> temperal_downsample = {false, true, true};
  bool is_residual = false;
  std::int64_t patch_size = 1;
  bool has_encoder = true;

  std::int64_t channels() const { return 3 * patch_size * patch_size; }

  /// config.json with latents of mean 0 and standard deviation 1.
  std::string config_json() const;

  /// All names and shapes of AutoencoderKLWan's state dict.
  TensorShapes shapes() const;
};

/// The four autoencoders of wan-goldens.json.
TinyVae vae21_tiny();
TinyVae vae22_tiny();
TinyVae vae21_b();
TinyVae vae22_b();

/// Widths, block counts and a pattern in time that no released model has.
TinyVae unusual21();

/// 8 -> 12 channels: the decoder's shortcut repeats a channel twelve times, across the borders of
/// its eight pixels. No encoder's shortcut could average the other way.
TinyVae unusual22();

}  // namespace zoetrope::test
