#pragma once

#include <filesystem>

#include "sampling/denoise.h"
#include "zoetrope/generator.h"

namespace zoetrope {

/// Writes tensor `latents`, fp32 [1, C, T, h, w] as the denoiser sees them (the reference's
/// output_type="latent"), before the last step also what the sampler carries, `sampler.0` …, of the
/// same shape, and the recipe as metadata; atomically. Throws Error(kResource).
void write_latents(const std::filesystem::path& path, const Denoised& denoised,
                   const Recipe& recipe);

/// Reads the latents. Throws Error(kCorrupt) unless the file holds such tensors of finite numbers.
Tensor read_latents(const std::filesystem::path& path);

/// Reads all of it, to go on. Throws Error(kUsage) naming what differs if it is of another recipe,
/// Error(kCorrupt) if the tensors are not those of such a run.
Denoised read_state(const std::filesystem::path& path, const Recipe& recipe);

}  // namespace zoetrope
