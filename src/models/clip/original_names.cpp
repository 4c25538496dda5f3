#include "models/clip/original_names.h"

namespace zoetrope {

Naming clip_vision_naming(const TensorFiles& files) {
  constexpr std::string_view kOurs[] = {"vision_model."};
  constexpr std::string_view kOpenClip[] = {"visual."};
  if (prefix_before(files, "embeddings.patch_embedding.weight", kOurs)) return Naming::kDiffusers;
  return prefix_before(files, "transformer.0.attn.to_qkv.weight", kOpenClip) ? Naming::kOriginal
                                                                             : Naming::kOther;
}

}  // namespace zoetrope
