#pragma once

#include <filesystem>

namespace zoetrope {

/// Where a model is: a folder, files, or a folder of which some parts are replaced by files. What
/// is empty isn't given.
///
/// A part is a .safetensors file, the index (.json) of its shards, or a folder of either, under the
/// names of diffusers or of the model's authors, in F32, F16, BF16 or fp8. A config.json beside it
/// is read if it is the part's; without one the tensors' shapes say what the part is.
struct ModelFiles {
  /// A diffusers folder, or any folder of .safetensors files: they are told apart by their tensors.
  std::filesystem::path folder;

  std::filesystem::path transformer;    ///< with two experts the one for high noise
  std::filesystem::path transformer_2;  ///< the one for low noise
  std::filesystem::path vae;
  std::filesystem::path text_encoder;
  std::filesystem::path image_encoder;
  /// A folder with tokenizer.json or spiece.model. Loose text encoders may carry their own.
  std::filesystem::path tokenizer;
};

/// Calls visit("transformer", files.transformer, "what it is") for every part.
template <typename Files, typename Visitor>
void visit_parts(Files& files, const Visitor& visit) {
  visit("transformer", files.transformer, "the transformer, or its expert for high noise");
  visit("transformer_2", files.transformer_2, "the expert for low noise (Wan 2.2 A14B)");
  visit("vae", files.vae, "the video autoencoder");
  visit("text_encoder", files.text_encoder, "the text encoder (UMT5)");
  visit("image_encoder", files.image_encoder, "the image encoder (CLIP), if the model has one");
  visit("tokenizer", files.tokenizer, "a folder with tokenizer.json or spiece.model");
}

}  // namespace zoetrope
