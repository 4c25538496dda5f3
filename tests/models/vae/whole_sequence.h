#pragma once

#include "tiny_vae.h"

namespace zoetrope::test {

/// Decodes a whole clip at once, by the formulas for whole sequences and not by streaming: what the
/// stream must equal. z: [1, C, T, h, w], not normalised. Returns pixels in [-1, 1],
/// [1, 3, F, H, W], computed in fp64.
Tensor decode_whole_sequence(const TinyVae& vae, const std::map<std::string, Tensor>& state,
                             const Tensor& z);

/// Encodes a whole clip at once, by the formulas for whole sequences and not by streaming.
/// pixels: [1, 3, F, H, W] in [-1, 1]. Returns the mean of the latents, [1, C, T, h, w], not
/// normalised, computed in fp64.
Tensor encode_whole_sequence(const TinyVae& vae, const std::map<std::string, Tensor>& state,
                             const Tensor& pixels);

}  // namespace zoetrope::test
