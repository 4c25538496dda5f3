#pragma once

#include <fstream>

#include "checkpoint/model_index.h"
#include "models/clip/clip_vision.h"
#include "support/golden_weights.h"
#include "support/temporary_folder.h"

namespace zoetrope::test {

inline constexpr const char* kTinyClip =
    R"({"hidden_size": 24, "num_attention_heads": 2, "num_hidden_layers": 3, "intermediate_size": 96,
        "patch_size": 7, "image_size": 28, "hidden_act": "gelu", "layer_norm_eps": 1e-5})";

/// The state dict of the vision tower of wan-goldens.json.
inline TensorShapes tiny_clip_shapes(const std::string& prefix = "vision_model.") {
  TensorShapes shapes = {{prefix + "embeddings.class_embedding", {24}},
                         {prefix + "embeddings.patch_embedding.weight", {24, 3, 7, 7}},
                         {prefix + "embeddings.position_embedding.weight", {17, 24}}};
  const auto norm = [&](const std::string& name) {
    shapes[prefix + name + ".weight"] = shapes[prefix + name + ".bias"] = {24};
  };
  const auto linear = [&](const std::string& name, std::int64_t in, std::int64_t out) {
    shapes[prefix + name + ".weight"] = {out, in};
    shapes[prefix + name + ".bias"] = {out};
  };
  norm("pre_layrnorm");
  norm("post_layernorm");
  for (const char* number : {"0", "1", "2"}) {
    const std::string layer = std::string("encoder.layers.") + number;
    norm(layer + ".layer_norm1");
    norm(layer + ".layer_norm2");
    for (const char* name : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
      linear(layer + ".self_attn." + name, 24, 24);
    }
    linear(layer + ".mlp.fc1", 24, 96);
    linear(layer + ".mlp.fc2", 96, 24);
  }
  return shapes;
}

/// A tiny tower's folder as a checkpoint has it, with the golden weights.
class ClipFolder {
 public:
  explicit ClipFolder(const std::string& config_json = kTinyClip,
                      const TensorShapes& shapes = tiny_clip_shapes()) {
    write_golden_checkpoint(folder_.path() / "model.safetensors", shapes);
    std::ofstream(folder_.path() / "config.json") << config_json;
  }

  ClipVisionConfig config() const {
    return read_clip_vision_config(ConfigFile(folder_.path() / "config.json"),
                                   TensorFiles::open_folder(folder_.path()));
  }

  ClipVision load(at::ScalarType compute_type = at::kFloat) const {
    return load_module(TensorFiles::open_folder(folder_.path()), compute_type, {},
                       [&](const WeightReader& weights) { return ClipVision(config(), weights); });
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace zoetrope::test
