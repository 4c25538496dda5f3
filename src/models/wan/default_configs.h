#pragma once

#include "checkpoint/model_index.h"
#include "checkpoint/safetensors.h"

namespace zoetrope {

/// diffusers' config of a transformer that has its authors' config (class WanModel: dim, num_heads,
/// in_dim …). Throws Error(kCorrupt) if the heads don't divide the width.
/// Source: Wan-Video/Wan2.1 `wan/modules/model.py`.
ConfigFile diffusers_transformer_config(const ConfigFile& original);

/// What the config of a released autoencoder says that its tensors, under diffusers' names, do not:
/// the statistics of the latents, known by their number of channels, and the patch size.
/// Source: Wan-Video/Wan2.1 `wan/modules/vae.py`, Wan2.2 `vae2_2.py`.
Json::Object default_vae_config(const TensorFiles& files);

/// preprocessor_config.json of CLIP, whose image encoder Wan 2.1 uses.
Json::Object default_image_processor_config();

/// scheduler_config.json as the released checkpoints have it.
Json::Object default_scheduler_config(double flow_shift);

}  // namespace zoetrope
