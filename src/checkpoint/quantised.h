#pragma once

#include <array>
#include <string>

#include "checkpoint/safetensors.h"

namespace zoetrope {

/// Whether the dtype is one of the two 8-bit floating-point types.
bool is_fp8(DType dtype);

/// The value of each of the 256 codes of F8_E4M3 (finite, no infinities: "e4m3fn") or F8_E5M2.
/// Source: Micikevicius et al. 2022 (arXiv:2209.05433), table 1.
const std::array<float, 256>& fp8_values(DType dtype);

/// The two names that the scale of the tensor `weight` may have: LightX2V's and newer ComfyUI's
/// LAYER.weight_scale, older ComfyUI's LAYER.scale_weight.
std::array<std::string, 2> scale_names(const std::string& weight);

/// Whether a tensor only says how others are quantised: scales of weights and of activations
/// (scale_input, input_scale), comfy_quant notes and the marker scaled_fp8.
bool is_quantisation_data(const std::string& name);

/// Whether this program needs none of it: all such tensors but the scales of weights.
bool is_quantisation_note(const std::string& name);

}  // namespace zoetrope
