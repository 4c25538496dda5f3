#pragma once

#include <string>

#include "checkpoint/safetensors.h"
#include "core/json.h"

namespace zoetrope {

/// One component as a diffusers folder holds it, wherever its weights are now.
struct DiffusersPart {
  std::string name;     ///< of its folder: "transformer"
  std::string stem;     ///< of its weights' files: "diffusion_pytorch_model" or "model"
  Json::Object config;  ///< what its config.json says
  TensorFiles files;    ///< under diffusers' names
};

}  // namespace zoetrope
