#pragma once

#include "models/wan/transformer_config.h"
#include "models/wan/vae_config.h"

namespace zoetrope {

// What the networks need beside their weights, from sizes alone. Each function follows the code
// that it speaks of: the most that is alive at one time in it. `element`: bytes of the compute
// type.

/// A forward pass of `tokens` tokens. The keys and values of `prompts` contexts of `rows` rows stay
/// from one step to the next.
std::int64_t transformer_bytes(const WanTransformerConfig& config, std::int64_t tokens,
                               std::int64_t prompts, std::int64_t rows, std::int64_t element);

/// Decoding a clip of height x width pixels: one chunk, and what the layers remember of the ones
/// before.
std::int64_t vae_decoder_bytes(const WanVaeConfig& config, std::int64_t height, std::int64_t width,
                               std::int64_t element);

/// Encoding frames of height x width pixels, `latent_frames` of them latent ones.
std::int64_t vae_encoder_bytes(const WanVaeConfig& config, std::int64_t height, std::int64_t width,
                               std::int64_t latent_frames, std::int64_t element);

}  // namespace zoetrope
