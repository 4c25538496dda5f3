#include "models/wan/transformer_config.h"

#include <algorithm>

#include "checkpoint/size_reader.h"
#include "core/quote.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

constexpr std::int64_t kMaxPatch = 64;

[[noreturn]] void not_supported(const ConfigFile& config, const std::string& what) {
  throw Error(ErrorCode::kUsage, "open " + config.path().string() +
                                     ": not supported yet by this version: " + what +
                                     " (expected a Wan text- or image-to-video transformer)");
}

void require_supported(const ConfigFile& config, const SizeReader& sizes) {
  if (sizes.has("head.modulation")) {
    sizes.fail("the weights have the original repository's names (expected diffusers' names)");
  }
  if (sizes.has("vace_patch_embedding.weight")) not_supported(config, "VACE");
  const std::string qk_norm = config.string("qk_norm", "rms_norm_across_heads");
  if (qk_norm != "rms_norm_across_heads") not_supported(config, "qk_norm " + in_quotes(qk_norm));
}

std::array<std::int64_t, 3> read_patch(const ConfigFile& config, const SizeReader& sizes,
                                       const TensorFiles& files) {
  std::array<std::int64_t, 3> patch{1, 2, 2};
  const auto configured = config.integers("patch_size");
  if (!configured.empty()) {
    if (configured.size() != 3) sizes.fail("'patch_size' has not three numbers");
    std::copy(configured.begin(), configured.end(), patch.begin());
  }
  const auto* shape = files.shape_of("patch_embedding.weight");
  if (shape != nullptr && shape->size() == 5) {
    const std::array<std::int64_t, 3> found{(*shape)[2], (*shape)[3], (*shape)[4]};
    if (!configured.empty() && found != patch) {
      sizes.fail("'patch_size' is not that of the weights' 'patch_embedding.weight'");
    }
    patch = found;
  }
  for (const std::int64_t size : patch) {
    if (size < 1 || size > kMaxPatch) {
      sizes.fail("a patch has size " + std::to_string(size) + " (expected 1 to " +
                 std::to_string(kMaxPatch) + ")");
    }
  }
  return patch;
}

void read_heads(const SizeReader& sizes, WanTransformerConfig& result) {
  result.head_dim = sizes.from_config("attention_head_dim", 128);
  const std::int64_t dim =
      sizes.from_shape({"patch_embedding.weight", 5, 0}, "num_attention_heads * attention_head_dim",
                       sizes.from_config("num_attention_heads", 40) * result.head_dim);
  if (result.head_dim % 2 != 0 || dim % result.head_dim != 0) {
    sizes.fail("'attention_head_dim' is " + std::to_string(result.head_dim) +
               " (expected an even divisor of the width " + std::to_string(dim) +
               ") by the shape of 'patch_embedding.weight'");
  }
  result.heads = dim / result.head_dim;
  sizes.require_agreement("num_attention_heads", result.heads, "patch_embedding.weight");
}

void read_channels(const SizeReader& sizes, const TensorFiles& files,
                   WanTransformerConfig& result) {
  result.in_channels = sizes.from_shape({"patch_embedding.weight", 5, 1}, "in_channels", 16);
  result.out_channels = sizes.from_config("out_channels", result.in_channels);
  const auto* proj_out = files.shape_of("proj_out.weight");
  if (proj_out != nullptr && proj_out->size() == 2) {
    if ((*proj_out)[0] % result.patch_volume() != 0) {
      sizes.fail("'proj_out.weight' has " + std::to_string((*proj_out)[0]) +
                 " rows (expected a multiple of the patch's " +
                 std::to_string(result.patch_volume()) + " elements)");
    }
    result.out_channels = (*proj_out)[0] / result.patch_volume();
    sizes.require_agreement("out_channels", result.out_channels, "proj_out.weight");
  }
}

void read_image_branch(const SizeReader& sizes, const TensorFiles& files,
                       WanTransformerConfig& result) {
  const std::string embedder = "condition_embedder.image_embedder.";
  result.image_attention = sizes.has("blocks.0.attn2.add_k_proj.weight");
  const auto* norm = files.shape_of(embedder + "norm1.weight");
  if (norm == nullptr) {
    if (result.image_attention) sizes.fail("the weights lack '" + embedder + "norm1.weight'");
    return;
  }
  if (norm->size() != 1 || norm->front() < 1 || norm->front() > SizeReader::kMaxSize) {
    sizes.fail("'" + embedder + "norm1.weight' is no vector");
  }
  result.image_dim = norm->front();
  const auto* positions = files.shape_of(embedder + "pos_embed");
  if (positions == nullptr) return;
  if (positions->size() != 3 || (*positions)[1] < 1 || (*positions)[1] > SizeReader::kMaxSize) {
    sizes.fail("'" + embedder + "pos_embed' has not the shape [1, rows, width]");
  }
  result.image_positions = (*positions)[1];
}

bool read_cross_attn_norm(const ConfigFile& config, const SizeReader& sizes) {
  const bool found = sizes.has("blocks.0.norm2.weight");
  if (config.boolean("cross_attn_norm", found) != found) {
    sizes.fail(found ? "'cross_attn_norm' is false (the weights have 'blocks.0.norm2.weight')"
                     : "'cross_attn_norm' is true (the weights lack 'blocks.0.norm2.weight')");
  }
  return found;
}

}  // namespace

WanTransformerConfig read_transformer_config(const ConfigFile& config, const TensorFiles& files) {
  const SizeReader sizes(config, files);
  require_supported(config, sizes);

  WanTransformerConfig result;
  result.patch = read_patch(config, sizes, files);
  read_heads(sizes, result);
  read_channels(sizes, files, result);
  read_image_branch(sizes, files, result);
  result.layers = sizes.blocks("blocks", "num_layers", 40);
  result.ffn_dim = sizes.from_shape({"blocks.0.ffn.net.0.proj.weight", 2, 0}, "ffn_dim", 13824);
  result.freq_dim =
      sizes.from_shape({"condition_embedder.time_embedder.linear_1.weight", 2, 1}, "freq_dim", 256);
  result.text_dim = sizes.from_shape({"condition_embedder.text_embedder.linear_1.weight", 2, 1},
                                     "text_dim", 4096);
  result.cross_attn_norm = read_cross_attn_norm(config, sizes);
  result.eps = config.number("eps", 1e-6);
  result.rope_max_seq_len = sizes.from_config("rope_max_seq_len", 1024);
  if (result.freq_dim % 2 != 0) sizes.fail("'freq_dim' is odd (expected pairs of cosine and sine)");
  if (!(result.eps > 0 && result.eps < 1)) sizes.fail("'eps' is not between 0 and 1");
  return result;
}

}  // namespace zoetrope
