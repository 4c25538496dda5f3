#pragma once

#include <string>

#include "checkpoint/name_rules.h"
#include "checkpoint/safetensors.h"

namespace zoetrope {

/// Whose names a UMT5 encoder's file has: transformers', which ComfyUI uses too, or those of Wan's
/// own copy of the model.
Naming umt5_naming(const TensorFiles& files);

/// The tensors of a UMT5 encoder under transformers' names, without the sentencepiece model that
/// ComfyUI's files carry as a tensor. Names that no rule knows are left alone.
/// Source: Wan-Video/Wan2.1 `wan/modules/t5.py`, transformers' UMT5EncoderModel.
TensorFiles with_transformers_umt5_names(TensorFiles files);

/// Whether a UMT5 encoder's files, under their own names, carry the sentencepiece model.
bool has_sentencepiece(const TensorFiles& files);

/// That model: the content of a spiece.model. Throws Error(kCorrupt) if it can't be one.
std::string sentencepiece_of(const TensorFiles& files);

}  // namespace zoetrope
