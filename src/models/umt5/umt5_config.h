#pragma once

#include <cstdint>
#include <string>

namespace zoetrope {

class ConfigFile;
class TensorFiles;

/// A UMT5 text encoder. Source: Chung et al. 2023 (arXiv:2304.09151); names as in transformers'
/// UMT5EncoderModel.
struct Umt5Config {
  std::string embedding;        ///< name of the embedding's tensor
  std::int64_t vocabulary = 0;  ///< rows of the embedding
  std::int64_t dim = 0;         ///< D
  std::int64_t heads = 0;       ///< N
  std::int64_t head_dim = 0;    ///< K; N * K need not be D
  std::int64_t ffn_dim = 0;
  std::int64_t layers = 0;
  std::int64_t buckets = 0;       ///< of relative positions, half of them for each direction
  std::int64_t max_distance = 0;  ///< from here on all distances share a bucket
  double eps = 1e-6;
};

/// Derives the structure from the names and shapes of the tensors and checks what config.json says
/// against it. Throws Error(kCorrupt) where they disagree, Error(kUsage) for another activation
/// than UMT5's gated GELU.
Umt5Config read_umt5_config(const ConfigFile& config, const TensorFiles& files);

}  // namespace zoetrope
