#pragma once

#include <fstream>

#include "checkpoint/model_index.h"
#include "models/umt5/umt5_encoder.h"
#include "support/golden_weights.h"
#include "support/temporary_folder.h"

namespace zoetrope::test {

inline constexpr const char* kTinyUmt5 =
    R"({"vocab_size": 64, "d_model": 24, "d_kv": 8, "num_heads": 4, "d_ff": 48, "num_layers": 2,
        "relative_attention_num_buckets": 32, "relative_attention_max_distance": 128,
        "layer_norm_epsilon": 1e-6, "feed_forward_proj": "gated-gelu"})";

/// The state dict of the encoder of wan-goldens.json, or one with more words.
inline TensorShapes tiny_umt5_shapes(std::int64_t vocabulary = 64) {
  TensorShapes shapes = {{"shared.weight", {vocabulary, 24}},
                         {"encoder.final_layer_norm.weight", {24}}};
  for (const std::string block : {"encoder.block.0.layer.", "encoder.block.1.layer."}) {
    const std::string attention = block + "0.SelfAttention.", ffn = block + "1.DenseReluDense.";
    for (const char* name : {"q", "k", "v"}) shapes[attention + name + ".weight"] = {32, 24};
    shapes[attention + "o.weight"] = {24, 32};
    shapes[attention + "relative_attention_bias.weight"] = {32, 4};
    shapes[block + "0.layer_norm.weight"] = shapes[block + "1.layer_norm.weight"] = {24};
    shapes[ffn + "wi_0.weight"] = shapes[ffn + "wi_1.weight"] = {48, 24};
    shapes[ffn + "wo.weight"] = {24, 48};
  }
  return shapes;
}

/// A tiny encoder's folder as a checkpoint has it, with the golden weights.
class Umt5Folder {
 public:
  explicit Umt5Folder(const std::string& config_json = kTinyUmt5,
                      const TensorShapes& shapes = tiny_umt5_shapes()) {
    write_golden_checkpoint(folder_.path() / "model.safetensors", shapes);
    std::ofstream(folder_.path() / "config.json") << config_json;
  }

  std::filesystem::path weights() const { return folder_.path() / "model.safetensors"; }

  Umt5Config config() const {
    return read_umt5_config(ConfigFile(folder_.path() / "config.json"),
                            TensorFiles::open_folder(folder_.path()));
  }

  Umt5Encoder load(at::ScalarType compute_type = at::kFloat) const {
    return load_module(TensorFiles::open_folder(folder_.path()), compute_type, {},
                       [&](const WeightReader& weights) { return Umt5Encoder(config(), weights); });
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace zoetrope::test
