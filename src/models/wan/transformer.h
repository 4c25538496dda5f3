#pragma once

#include <array>
#include <list>
#include <optional>
#include <vector>

#include "models/wan/block.h"
#include "models/wan/image_embedder.h"
#include "models/wan/transformer_config.h"
#include "nn/blocks.h"
#include "pipeline/pipeline.h"

namespace zoetrope {

/// The times of a clip's tokens.
struct TokenTimes {
  Tensor values;                       ///< fp32 [R], of each run of tokens
  std::vector<std::int64_t> run_ends;  ///< where each run ends, the last at L; empty if R is 1
};

/// A prompt, and the still that may go with it, as the blocks see them.
struct WanPrompt {
  ContextRows rows;
  std::vector<BlockContext> blocks;  ///< filled in as the blocks first run
};

/// The Wan network. Source: Wan 2.1 `WanModel`; tensor names as in diffusers'
/// WanTransformer3DModel. Time embedding, modulation tables and LayerNorms are fp32 whatever the
/// compute type; everything else computes in the compute type, as the reference does.
class WanTransformer {
 public:
  /// kept_blocks: how many blocks stay in memory.
  WanTransformer(const WanTransformerConfig& config, const WeightReader& weights,
                 std::int64_t kept_blocks = kAllBlocks);

  const WanTransformerConfig& config() const { return config_; }

  /// text: [1, S, text_dim]; image: [1, n, image_dim], or undefined.
  WanPrompt prompt(const Tensor& text, const Tensor& image) const;

  /// The grid of tokens (frames, rows, columns) that latents [1, C, T, h, w] are split into.
  /// Throws Error(kUsage) if they are no whole patches or more than rope_max_seq_len along an axis.
  std::array<std::int64_t, 3> grid(const Tensor& latents) const;

  /// latents: [1, in_channels, T, h, w]; rope: that of grid(latents).
  /// Returns the velocity for each prompt, fp32 [1, out_channels, T, h, w].
  std::vector<Tensor> forward(const Tensor& latents, const TokenTimes& times,
                              const std::vector<WanPrompt*>& prompts, const Rope& rope) const;

 private:
  Tensor embed_patches(const Tensor& latents) const;
  Tensor embed_time(const Tensor& timesteps) const;
  Tensor head(const Tensor& x, const Tensor& time, at::IntArrayRef run_ends) const;
  Tensor unpatchify(const Tensor& tokens, const std::array<std::int64_t, 3>& grid) const;

  WanTransformerConfig config_;
  at::ScalarType compute_type_;
  Linear patch_embedding_;  ///< of patches as rows of C * pt * ph * pw
  Linear time_linear_1_, time_linear_2_, time_proj_;
  Linear text_linear_1_, text_linear_2_;
  std::optional<WanImageEmbedder> image_embedder_;
  Blocks<WanBlock> blocks_;
  Tensor scale_shift_table_;  ///< fp32 [1, 2, D], of the head
  Linear proj_out_;
};

/// The network as the sampler's loop wants it. Frames that the condition holds have time 0. What
/// only depends on the condition or on the size of the latents is kept from one step to the next.
/// Not thread-safe.
class WanDenoiser : public Denoiser {
 public:
  explicit WanDenoiser(WanTransformer transformer) : transformer_(std::move(transformer)) {}

  std::vector<Tensor> velocities(const Tensor& latents, double timestep,
                                 const std::vector<Condition>& conditions) const override;

 private:
  struct Known {
    Condition condition;  ///< held, so that no other tensor can come to have its tensors' identity
    WanPrompt prompt;
  };
  std::vector<WanPrompt*> prompts_of(const std::vector<Condition>& conditions) const;
  const Rope& rope(const std::array<std::int64_t, 3>& grid) const;

  WanTransformer transformer_;
  mutable std::list<Known> prompts_;  ///< those of the last call
  mutable std::array<std::int64_t, 3> rope_grid_{};
  mutable Rope rope_;
};

}  // namespace zoetrope
