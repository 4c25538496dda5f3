#pragma once

#include <fstream>

#include "checkpoint/model_index.h"
#include "models/wan/vae_encode_stream.h"
#include "models/wan/vae_stream.h"
#include "support/temporary_folder.h"
#include "tiny_vae.h"

namespace zoetrope::test {

/// A tiny autoencoder's folder as a checkpoint has it, with the golden weights.
class VaeFolder {
 public:
  VaeFolder(const std::string& config_json, const TensorShapes& shapes) {
    write_golden_checkpoint(folder_.path() / "diffusion_pytorch_model.safetensors", shapes);
    std::ofstream(folder_.path() / "config.json") << config_json;
  }
  explicit VaeFolder(const TinyVae& vae) : VaeFolder(vae.config_json(), vae.shapes()) {}

  WanVaeConfig config() const {
    return read_vae_config(ConfigFile(folder_.path() / "config.json"),
                           TensorFiles::open_folder(folder_.path()));
  }

  WanVideoDecoder decoder(at::ScalarType compute_type = at::kFloat) const {
    return load<WanVideoDecoder>(config(), compute_type);
  }

  WanVideoEncoder encoder(at::ScalarType compute_type = at::kFloat) const {
    return load<WanVideoEncoder>(config(), compute_type);
  }

  /// The weights as a module that is told another config than config.json.
  template <typename Module>
  Module load(const WanVaeConfig& config, at::ScalarType compute_type = at::kFloat) const {
    return load_module(TensorFiles::open_folder(folder_.path()), compute_type, {},
                       [&](const WeightReader& weights) { return Module(config, weights); });
  }

 private:
  TemporaryFolder folder_;
};

inline double largest_difference(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

/// All that is left of a stream, [F, 3, H, W].
inline Tensor all_frames(FrameStream& stream) {
  std::vector<Tensor> chunks;
  while (const auto chunk = stream.next()) chunks.push_back(*chunk);
  return at::cat(chunks);
}

}  // namespace zoetrope::test
