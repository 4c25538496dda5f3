#include "tiny_transformer.h"

#include <fstream>

#include "core/json.h"

namespace zoetrope::test {
namespace {

struct Names {
  TensorShapes shapes;

  void linear(const std::string& name, std::int64_t in, std::int64_t out) {
    shapes[name + ".weight"] = {out, in};
    shapes[name + ".bias"] = {out};
  }

  void attention(const std::string& name, std::int64_t dim) {
    for (const char* part : {"to_q", "to_k", "to_v", "to_out.0"}) {
      linear(name + "." + part, dim, dim);
    }
    shapes[name + ".norm_q.weight"] = shapes[name + ".norm_k.weight"] = {dim};
  }
};

}  // namespace

std::string TinyTransformer::config_json() const {
  Json json;
  json.set("_class_name", "WanTransformer3DModel");
  json.set("attention_head_dim", head_dim);
  json.set("cross_attn_norm", cross_attn_norm);
  json.set("eps", 1e-6);
  json.set("ffn_dim", ffn_dim);
  json.set("freq_dim", freq_dim);
  json.set("image_dim", Json());
  json.set("in_channels", reads());
  json.set("num_attention_heads", heads);
  json.set("num_layers", layers);
  json.set("out_channels", channels);
  json.set("patch_size", Json::Array{1, 2, 2});
  json.set("qk_norm", "rms_norm_across_heads");
  json.set("rope_max_seq_len", 32);
  json.set("text_dim", text_dim);
  return json.dump();
}

TensorShapes TinyTransformer::shapes() const {
  const std::int64_t dim = heads * head_dim;
  const std::string embedder = "condition_embedder.";
  Names names;
  names.shapes["patch_embedding.weight"] = {dim, reads(), 1, 2, 2};
  names.shapes["patch_embedding.bias"] = {dim};
  names.linear(embedder + "time_embedder.linear_1", freq_dim, dim);
  names.linear(embedder + "time_embedder.linear_2", dim, dim);
  names.linear(embedder + "time_proj", dim, 6 * dim);
  names.linear(embedder + "text_embedder.linear_1", text_dim, dim);
  names.linear(embedder + "text_embedder.linear_2", dim, dim);
  if (image_dim > 0) {
    const std::string image = embedder + "image_embedder.";
    names.shapes[image + "norm1.weight"] = names.shapes[image + "norm1.bias"] = {image_dim};
    names.shapes[image + "norm2.weight"] = names.shapes[image + "norm2.bias"] = {dim};
    names.linear(image + "ff.net.0.proj", image_dim, image_dim);
    names.linear(image + "ff.net.2", image_dim, dim);
    if (image_positions > 0) {
      names.shapes[image + "pos_embed"] = {1, image_positions, image_dim};
    }
  }
  for (std::int64_t i = 0; i < layers; ++i) {
    const std::string block = "blocks." + std::to_string(i) + ".";
    names.shapes[block + "scale_shift_table"] = {1, 6, dim};
    names.attention(block + "attn1", dim);
    names.attention(block + "attn2", dim);
    if (image_attention) {
      names.linear(block + "attn2.add_k_proj", dim, dim);
      names.linear(block + "attn2.add_v_proj", dim, dim);
      names.shapes[block + "attn2.norm_added_k.weight"] = {dim};
    }
    if (cross_attn_norm) {
      names.shapes[block + "norm2.weight"] = names.shapes[block + "norm2.bias"] = {dim};
    }
    names.linear(block + "ffn.net.0.proj", dim, ffn_dim);
    names.linear(block + "ffn.net.2", ffn_dim, dim);
  }
  names.shapes["scale_shift_table"] = {1, 2, dim};
  names.linear("proj_out", dim, 4 * channels);
  return names.shapes;
}

TransformerFolder::TransformerFolder(const std::string& config_json, const TensorShapes& shapes,
                                     std::uint64_t tid0) {
  write_golden_checkpoint(folder_.path() / "diffusion_pytorch_model.safetensors", shapes, tid0);
  std::ofstream(folder_.path() / "config.json") << config_json;
}

WanTransformerConfig TransformerFolder::config() const {
  return read_transformer_config(ConfigFile(folder_.path() / "config.json"),
                                 TensorFiles::open_folder(folder_.path()));
}

WanTransformer TransformerFolder::load(at::ScalarType compute_type,
                                       std::int64_t kept_blocks) const {
  const auto files = std::make_shared<const TensorFiles>(TensorFiles::open_folder(folder_.path()));
  return load_module(files, compute_type, {}, [&](const WeightReader& weights) {
    return WanTransformer(config(), weights, kept_blocks);
  });
}

}  // namespace zoetrope::test
