#pragma once

#include <filesystem>
#include <string>

#include "checkpoint/model_index.h"
#include "checkpoint/safetensors.h"
#include "text/unigram_tokenizer.h"

namespace zoetrope {

/// Opens a component's weights (a file, an index of shards or a folder) and shows them under the
/// names that this program uses, whoever's they are.
/// component: "transformer", "transformer_2", "vae", "text_encoder" or "image_encoder".
TensorFiles open_part(const std::filesystem::path& path, const std::string& component);

/// The tokenizer in a folder, or the one that a text encoder's file carries as a tensor.
UnigramTokenizer open_tokenizer(const std::filesystem::path& path);

/// The component that the tensors are: "transformer", "vae", "text_encoder", "image_encoder", or
/// empty if they are none of a Wan model's.
std::string component_of(const TensorFiles& files);

/// The config of loose weights at `path`, opened as `files`: the config.json in their folder if it
/// is this component's, in diffusers' form or its authors', else what the released models have.
/// Throws Error(kCorrupt) if that file is at fault.
ConfigFile config_of_part(const std::filesystem::path& path, const TensorFiles& files,
                          const std::string& component);

}  // namespace zoetrope
