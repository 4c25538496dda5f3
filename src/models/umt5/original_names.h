#pragma once

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

/// The name of that tensor of bytes.
inline constexpr const char* kSentencepieceTensor = "spiece_model";

}  // namespace zoetrope
