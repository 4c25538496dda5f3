#include "models/umt5/umt5_config.h"

#include "checkpoint/size_reader.h"
#include "core/quote.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

std::string attention_weight(const std::string& name) {
  return "encoder.block.0.layer.0.SelfAttention." + name + ".weight";
}

void require_gated_gelu(const ConfigFile& config) {
  const std::string projection = config.string("feed_forward_proj", "gated-gelu");
  const std::string activation = config.string("dense_act_fn", "gelu_new");
  if (projection == "gated-gelu" && activation == "gelu_new" &&
      config.boolean("is_gated_act", true)) {
    return;
  }
  throw Error(ErrorCode::kUsage, "open " + config.path().string() +
                                     ": not supported yet by this version: feed_forward_proj " +
                                     in_quotes(projection) + " with dense_act_fn " +
                                     in_quotes(activation) +
                                     " (expected gated-gelu with gelu_new)");
}

void read_heads(const SizeReader& sizes, const TensorFiles& files, Umt5Config& result) {
  const std::string bias = attention_weight("relative_attention_bias");
  result.heads = sizes.from_shape({bias, 2, 1}, "num_heads", 64);
  result.buckets = sizes.from_shape({bias, 2, 0}, "relative_attention_num_buckets", 32);
  result.head_dim = sizes.from_config("d_kv", 64);
  const auto* query = files.shape_of(attention_weight("q"));
  if (query != nullptr && query->size() == 2) {
    if ((*query)[0] % result.heads != 0 || (*query)[0] == 0) {
      sizes.fail("'" + attention_weight("q") + "' has " + std::to_string((*query)[0]) +
                 " rows (expected a multiple of the " + std::to_string(result.heads) + " heads)");
    }
    result.head_dim = (*query)[0] / result.heads;
    sizes.require_agreement("d_kv", result.head_dim, attention_weight("q"));
  }
}

}  // namespace

Umt5Config read_umt5_config(const ConfigFile& config, const TensorFiles& files) {
  require_gated_gelu(config);
  const SizeReader sizes(config, files);

  Umt5Config result;
  result.embedding = sizes.has("shared.weight") || !sizes.has("encoder.embed_tokens.weight")
                         ? "shared.weight"
                         : "encoder.embed_tokens.weight";
  result.vocabulary = sizes.from_shape({result.embedding, 2, 0}, "vocab_size", 256384);
  result.dim = sizes.from_shape({result.embedding, 2, 1}, "d_model", 4096);
  read_heads(sizes, files, result);
  result.ffn_dim =
      sizes.from_shape({"encoder.block.0.layer.1.DenseReluDense.wi_0.weight", 2, 0}, "d_ff", 10240);
  result.layers = sizes.blocks("encoder.block", "num_layers", 24);
  result.max_distance = sizes.from_config("relative_attention_max_distance", 128);
  result.eps = config.number("layer_norm_epsilon", 1e-6);
  if (!(result.eps > 0 && result.eps < 1))
    sizes.fail("'layer_norm_epsilon' is not between 0 and 1");
  if (result.buckets < 4 || result.max_distance <= result.buckets / 4) {
    sizes.fail("relative positions have " + std::to_string(result.buckets) +
               " buckets up to distance " + std::to_string(result.max_distance) +
               " (expected at least 4 buckets and a distance over a quarter of them)");
  }
  return result;
}

}  // namespace zoetrope
