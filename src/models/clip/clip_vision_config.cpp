#include "models/clip/clip_vision_config.h"

#include <cmath>

#include "checkpoint/size_reader.h"
#include "core/quote.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

ClipVisionConfig::Activation activation_of(const ConfigFile& config) {
  const std::string name = config.string("hidden_act", "quick_gelu");
  if (name == "gelu") return ClipVisionConfig::Activation::kGelu;
  if (name == "quick_gelu") return ClipVisionConfig::Activation::kQuickGelu;
  throw Error(ErrorCode::kUsage, "open " + config.path().string() +
                                     ": not supported yet by this version: hidden_act " +
                                     in_quotes(name) + " (expected gelu or quick_gelu)");
}

// The patches of a picture's side are the square root of the positions, less the whole picture's.
std::int64_t image_size_of(const SizeReader& sizes, const TensorFiles& files,
                           const ClipVisionConfig& found, const std::string& table) {
  const std::int64_t stated = sizes.from_config("image_size", 224);
  const auto* shape = files.shape_of(table);
  if (shape == nullptr || shape->size() != 2) return stated;

  const std::int64_t rows = (*shape)[0];
  const auto side = static_cast<std::int64_t>(std::sqrt(static_cast<double>(rows - 1)));
  if (rows < 2 || rows > SizeReader::kMaxSize || side * side != rows - 1) {
    sizes.fail("'" + table + "' has " + std::to_string(rows) +
               " rows (expected one more than a square)");
  }
  // A side need not be a multiple of the patch: what is left over is not seen.
  if (stated / found.patch != side) {
    sizes.fail("'image_size' is " + std::to_string(stated) + ", which is " +
               std::to_string(stated / found.patch) + " patches of " + std::to_string(found.patch) +
               " (the weights have positions for " + std::to_string(side) + ")");
  }
  return stated;
}

}  // namespace

ClipVisionConfig read_clip_vision_config(const ConfigFile& config, const TensorFiles& files) {
  const SizeReader sizes(config, files);

  ClipVisionConfig result;
  // Newer versions of transformers write the tower's names without the prefix.
  result.prefix = sizes.has("embeddings.patch_embedding.weight") ? "" : "vision_model.";
  const std::string patches = result.prefix + "embeddings.patch_embedding.weight";
  const std::string layers = result.prefix + "encoder.layers";
  result.activation = activation_of(config);
  result.dim = sizes.from_shape({patches, 4, 0}, "hidden_size", 1280);
  result.patch = sizes.from_shape({patches, 4, 2}, "patch_size", 14);
  result.ffn_dim =
      sizes.from_shape({layers + ".0.mlp.fc1.weight", 2, 0}, "intermediate_size", 5120);
  result.layers = sizes.blocks(layers, "num_hidden_layers", 32);
  result.heads = sizes.from_config("num_attention_heads", 16);
  if (result.dim % result.heads != 0) {
    sizes.fail("'num_attention_heads' is " + std::to_string(result.heads) +
               " (expected a divisor of the width " + std::to_string(result.dim) + ")");
  }
  result.image_size =
      image_size_of(sizes, files, result, result.prefix + "embeddings.position_embedding.weight");
  result.eps = config.number("layer_norm_eps", 1e-5);
  if (!(result.eps > 0 && result.eps < 1)) sizes.fail("'layer_norm_eps' is not between 0 and 1");
  return result;
}

}  // namespace zoetrope
