#include "models/wan/vae_config.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "checkpoint/model_index.h"
#include "checkpoint/safetensors.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

// Seven doublings make 128 pixels of a latent; released models have three.
constexpr std::size_t kMaxUpBlocks = 8;

using Shape = std::vector<std::int64_t>;

std::string list_text(const std::vector<std::int64_t>& values) {
  std::string text;
  for (const std::int64_t value : values)
    text += (text.empty() ? "[" : ", ") + std::to_string(value);
  return text.empty() ? "[]" : text + "]";
}

[[noreturn]] void refuse(const ConfigFile& config, const std::string& why) {
  throw Error(ErrorCode::kCorrupt, "read " + config.path().string() + ": " + why);
}

/// The shape of a convolution's weight, which has `rank` sizes, none of them zero.
const Shape& conv_shape(const ConfigFile& config, const TensorFiles& files, const std::string& name,
                        std::size_t rank) {
  const Shape* shape = files.shape_of(name);
  if (shape == nullptr) {
    refuse(config,
           "the weights lack '" + name + "' (expected a Wan autoencoder, AutoencoderKLWan)");
  }
  if (shape->size() != rank || std::ranges::any_of(*shape, [](auto size) { return size < 1; })) {
    refuse(config, "'" + name + "' has shape " + list_text(*shape) + " (expected " +
                       std::to_string(rank) + " sizes of at least 1)");
  }
  return *shape;
}

std::string up_block(std::size_t index) { return "decoder.up_blocks." + std::to_string(index); }

std::string conv1_of(std::size_t block, std::int64_t resnet) {
  return up_block(block) + ".resnets." + std::to_string(resnet) + ".conv1.weight";
}

WanUpsampling upsampling_of(const TensorFiles& files, const WanVaeConfig& vae, std::size_t block) {
  const std::string upsampler =
      up_block(block) + (vae.is_residual ? ".upsampler" : ".upsamplers.0");
  if (files.shape_of(upsampler + ".resample.1.weight") == nullptr) return WanUpsampling::kNone;
  return files.shape_of(upsampler + ".time_conv.weight") == nullptr ? WanUpsampling::kSpace
                                                                    : WanUpsampling::kSpaceAndTime;
}

std::vector<WanUpBlockConfig> up_blocks_of(const ConfigFile& config, const TensorFiles& files,
                                           const WanVaeConfig& vae) {
  std::vector<WanUpBlockConfig> blocks;
  while (blocks.empty() || files.shape_of(conv1_of(blocks.size(), 0)) != nullptr) {
    if (blocks.size() == kMaxUpBlocks) {
      refuse(config, "the decoder has more than " + std::to_string(kMaxUpBlocks) + " up blocks");
    }
    const Shape& conv = conv_shape(config, files, conv1_of(blocks.size(), 0), 5);
    const WanUpsampling upsampling = upsampling_of(files, vae, blocks.size());
    if (!blocks.empty()) blocks.back().after = conv[1];
    blocks.push_back({.in = conv[1], .out = conv[0], .after = conv[0], .upsampling = upsampling});
  }
  return blocks;
}

void check_up_blocks(const ConfigFile& config, const WanVaeConfig& vae) {
  for (std::size_t i = 0; i < vae.up_blocks.size(); ++i) {
    const WanUpBlockConfig& block = vae.up_blocks[i];
    const bool last = i + 1 == vae.up_blocks.size();
    if (last != (block.upsampling == WanUpsampling::kNone)) {
      refuse(config, up_block(i) + (last ? " upsamples" : " does not upsample") +
                         " (expected of all but the last)");
    }
    if (!vae.is_residual || last) continue;

    const std::int64_t copies = block.upsampling == WanUpsampling::kSpaceAndTime ? 8 : 4;
    if (block.after != block.out || block.out > INT64_MAX / 8 ||
        block.out * copies % block.in != 0) {
      refuse(config, up_block(i) + " turns " + std::to_string(block.in) + " channels into " +
                         std::to_string(block.out) + " and " + std::to_string(block.after) +
                         ", which has no residual shortcut");
    }
  }
}

/// A key that is stated must say what the weights say.
void check_integer(const ConfigFile& config, const std::string& key, std::int64_t found) {
  const std::int64_t stated = config.integer(key, found);
  if (stated != found) {
    refuse(config, "'" + key + "' is " + std::to_string(stated) + " (the weights have " +
                       std::to_string(found) + ")");
  }
}

void check_list(const ConfigFile& config, const std::string& key, const Shape& stated,
                const Shape& found) {
  if (config.find(key) != nullptr && stated != found) {
    refuse(config, "'" + key + "' gives " + list_text(stated) + " (the weights have " +
                       list_text(found) + ")");
  }
}

void check_widths(const ConfigFile& config, const WanVaeConfig& vae) {
  const char* base_key =
      config.find("decoder_base_dim") != nullptr ? "decoder_base_dim" : "base_dim";
  const std::int64_t base = config.integer(base_key, 0);
  Shape stated = config.integers("dim_mult");
  if (base == 0 || stated.empty()) return;

  Shape found;
  for (const WanUpBlockConfig& block : vae.up_blocks) found.push_back(block.out);
  std::ranges::reverse(stated);
  for (std::int64_t& width : stated) {
    if (__builtin_mul_overflow(width, base, &width)) refuse(config, "'dim_mult' is too large");
  }
  check_list(config, "dim_mult", stated, found);
}

void check_times(const ConfigFile& config, const WanVaeConfig& vae) {
  const std::vector<bool> flags = config.booleans("temperal_downsample");  // sic
  const Shape stated(flags.rbegin(), flags.rend());
  Shape found;
  for (const WanUpBlockConfig& block : vae.up_blocks) {
    if (block.upsampling == WanUpsampling::kNone) continue;
    found.push_back(block.upsampling == WanUpsampling::kSpaceAndTime ? 1 : 0);
  }
  check_list(config, "temperal_downsample", stated, found);
}

std::vector<double> channel_numbers(const ConfigFile& config, const std::string& key,
                                    std::int64_t z_dim) {
  const std::vector<double> values = config.numbers(key);
  if (values.size() != static_cast<std::size_t>(z_dim)) {
    refuse(config, "'" + key + "' has " + std::to_string(values.size()) +
                       " numbers (the latents have " + std::to_string(z_dim) + " channels)");
  }
  if (!std::ranges::all_of(values, [](double value) { return std::isfinite(value); })) {
    refuse(config, "'" + key + "' has a number that is not finite");
  }
  return values;
}

std::int64_t patch_size_of(const ConfigFile& config, std::int64_t out_channels) {
  const std::int64_t patch = config.integer("patch_size", 1);
  if (patch < 1 || patch > 16 || out_channels != 3 * patch * patch) {
    refuse(config, "'patch_size' is " + std::to_string(patch) + " and the weights make " +
                       std::to_string(out_channels) + " channels (expected 3 * patch_size^2)");
  }
  return patch;
}

}  // namespace

std::int64_t WanVaeConfig::spatial_compression() const {
  return patch_size << (up_blocks.size() - 1);
}

std::int64_t WanVaeConfig::temporal_compression() const {
  return std::int64_t{1} << std::ranges::count(up_blocks, WanUpsampling::kSpaceAndTime,
                                               &WanUpBlockConfig::upsampling);
}

WanVaeConfig read_vae_config(const ConfigFile& config, const TensorFiles& files) {
  if (const Json* scales = config.find("attn_scales");
      scales != nullptr && !scales->as_array("'attn_scales'").empty()) {
    refuse(config, "'attn_scales' asks for attention inside blocks (supported: none)");
  }

  WanVaeConfig vae;
  vae.z_dim = conv_shape(config, files, "post_quant_conv.weight", 5)[0];
  vae.is_residual = files.shape_of(up_block(0) + ".upsampler.resample.1.weight") != nullptr;
  vae.up_blocks = up_blocks_of(config, files, vae);
  while (files.shape_of(conv1_of(0, vae.resnets_per_block)) != nullptr) ++vae.resnets_per_block;
  vae.patch_size =
      patch_size_of(config, conv_shape(config, files, "decoder.conv_out.weight", 5)[0]);
  vae.latents_mean = channel_numbers(config, "latents_mean", vae.z_dim);
  vae.latents_std = channel_numbers(config, "latents_std", vae.z_dim);
  if (!std::ranges::all_of(vae.latents_std, [](double value) { return value > 0; })) {
    refuse(config, "'latents_std' has a number that is not positive");
  }

  check_up_blocks(config, vae);
  check_widths(config, vae);
  check_times(config, vae);
  check_integer(config, "z_dim", vae.z_dim);
  check_integer(config, "num_res_blocks", vae.resnets_per_block - 1);
  check_integer(config, "out_channels", vae.out_channels());
  check_integer(config, "scale_factor_spatial", vae.spatial_compression());
  check_integer(config, "scale_factor_temporal", vae.temporal_compression());
  if (config.boolean("is_residual", vae.is_residual) != vae.is_residual) {
    refuse(config, std::string("'is_residual' is ") + (vae.is_residual ? "false" : "true") +
                       " (the weights say the opposite)");
  }
  return vae;
}

}  // namespace zoetrope
