#pragma once

#include <string>

#include "checkpoint/name_rules.h"
#include "checkpoint/safetensors.h"

namespace zoetrope {

/// Whose names a Wan transformer's file has, whatever its prefix (model.diffusion_model. in
/// ComfyUI's checkpoints; diffusion_model., net., model. and generator.model. elsewhere).
Naming wan_transformer_naming(const TensorFiles& files);

/// The tensors of a Wan transformer under diffusers' names; those that have them already stay as
/// they are. Names that no rule knows are left alone, for the reader to complain about.
/// Source: Wan-Video/Wan2.1 `wan/modules/model.py`, diffusers' WanTransformer3DModel.
TensorFiles with_diffusers_transformer_names(TensorFiles files);

/// The same for Wan's autoencoders, 2.1 (flat lists of blocks) and 2.2 (nested ones).
/// Source: Wan-Video/Wan2.1 `wan/modules/vae.py` and Wan2.2 `vae2_2.py`, diffusers'
/// AutoencoderKLWan.
Naming wan_vae_naming(const TensorFiles& files);
TensorFiles with_diffusers_vae_names(TensorFiles files);

}  // namespace zoetrope
