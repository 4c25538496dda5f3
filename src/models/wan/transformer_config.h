#pragma once

#include <array>
#include <cstdint>

namespace zoetrope {

class ConfigFile;
class TensorFiles;

/// A Wan transformer. Source: Wan 2.1 and 2.2, diffusers' WanTransformer3DModel.
struct WanTransformerConfig {
  std::int64_t in_channels = 0;   ///< C of the latents and of what a still appends to them
  std::int64_t out_channels = 0;  ///< C of the latents
  std::array<std::int64_t, 3> patch{1, 2, 2};  ///< latent frames, rows, columns of one token
  std::int64_t heads = 0;                      ///< N
  std::int64_t head_dim = 0;                   ///< K, even
  std::int64_t ffn_dim = 0;
  std::int64_t layers = 0;
  std::int64_t freq_dim = 0;         ///< width of the time's sinusoids, even
  std::int64_t text_dim = 0;         ///< width of the text encoder's rows
  bool cross_attn_norm = true;       ///< a LayerNorm before cross-attention
  std::int64_t image_dim = 0;        ///< width of the image encoder's rows; 0: it reads none
  std::int64_t image_positions = 0;  ///< rows that the image's position table has; 0: no table
  bool image_attention = false;      ///< keys and values of its own for the image's rows
  double eps = 1e-6;
  std::int64_t rope_max_seq_len = 0;  ///< most tokens along frames, rows or columns

  std::int64_t dim() const { return heads * head_dim; }  ///< D
  std::int64_t patch_volume() const { return patch[0] * patch[1] * patch[2]; }
};

/// Derives the structure from the names and shapes of the tensors and checks what config.json says
/// against it. `image_dim` and `added_kv_proj_dim` are not looked at: copies carry stray ones.
/// Throws Error(kCorrupt) where they disagree, Error(kUsage) for a kind of Wan transformer that is
/// not supported yet (VACE).
WanTransformerConfig read_transformer_config(const ConfigFile& config, const TensorFiles& files);

}  // namespace zoetrope
