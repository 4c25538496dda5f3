#pragma once

#include <filesystem>

#include "sampling/denoise.h"
#include "zoetrope/generator.h"

namespace zoetrope {

/// Writes tensor `latents`, fp32 [1, C, T, h, w] as the denoiser sees them (the reference's
/// output_type="latent"), and the recipe as metadata; atomically. Throws Error(kResource).
void write_latents(const std::filesystem::path& path, const Denoised& denoised,
                   const Recipe& recipe);

/// Reads them. Throws Error(kCorrupt) unless the file holds such a tensor of finite numbers.
Tensor read_latents(const std::filesystem::path& path);

}  // namespace zoetrope
