#include "models/wan/vae_config.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "checkpoint/model_index.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/size_reader.h"
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

/// The shape of a convolution's weight, which has `rank` sizes, none of them zero or absurd.
const Shape& conv_shape(const ConfigFile& config, const TensorFiles& files, const std::string& name,
                        std::size_t rank) {
  const Shape* shape = files.shape_of(name);
  if (shape == nullptr) {
    refuse(config,
           "the weights lack '" + name + "' (expected a Wan autoencoder, AutoencoderKLWan)");
  }
  const auto is_size = [](std::int64_t size) { return 1 <= size && size <= SizeReader::kMaxSize; };
  if (shape->size() != rank || !std::ranges::all_of(*shape, is_size)) {
    refuse(config, "'" + name + "' has shape " + list_text(*shape) + " (expected " +
                       std::to_string(rank) + " sizes of 1 to " +
                       std::to_string(SizeReader::kMaxSize) + ")");
  }
  return *shape;
}

std::string up_block(std::size_t index) { return "decoder.up_blocks." + std::to_string(index); }

std::string conv1_of(std::size_t block, std::int64_t resnet) {
  return up_block(block) + ".resnets." + std::to_string(resnet) + ".conv1.weight";
}

WanResampling resampling_of(const TensorFiles& files, const std::string& name) {
  if (files.shape_of(name + ".resample.1.weight") == nullptr) return WanResampling::kNone;
  return files.shape_of(name + ".time_conv.weight") == nullptr ? WanResampling::kSpace
                                                               : WanResampling::kSpaceAndTime;
}

/// Pixels of one size of image that stand for one of the other, over time too.
std::int64_t shortcut_cells(WanResampling resampling) {
  if (resampling == WanResampling::kNone) return 1;
  return resampling == WanResampling::kSpace ? 4 : 8;
}

const char* resampling_text(WanResampling resampling) {
  switch (resampling) {
    case WanResampling::kNone:
      return "nothing";
    case WanResampling::kSpace:
      return "space";
    case WanResampling::kSpaceAndTime:
      return "space and time";
  }
  return "";
}

std::vector<WanUpBlockConfig> up_blocks_of(const ConfigFile& config, const TensorFiles& files,
                                           const WanVaeConfig& vae) {
  std::vector<WanUpBlockConfig> blocks;
  while (blocks.empty() || files.shape_of(conv1_of(blocks.size(), 0)) != nullptr) {
    if (blocks.size() == kMaxUpBlocks) {
      refuse(config, "the decoder has more than " + std::to_string(kMaxUpBlocks) + " up blocks");
    }
    const Shape& conv = conv_shape(config, files, conv1_of(blocks.size(), 0), 5);
    const WanResampling upsampling = resampling_of(
        files, up_block(blocks.size()) + (vae.is_residual ? ".upsampler" : ".upsamplers.0"));
    if (!blocks.empty()) blocks.back().after = conv[1];
    blocks.push_back({.in = conv[1], .out = conv[0], .after = conv[0], .upsampling = upsampling});
  }
  return blocks;
}

bool has_encoder(const TensorFiles& files) {
  const auto next = files.tensors().lower_bound("encoder.");
  return next != files.tensors().end() && next->first.starts_with("encoder.");
}

std::vector<WanDownBlockConfig> down_blocks_of(const ConfigFile& config, const TensorFiles& files,
                                               const WanVaeConfig& vae) {
  const std::string scope = "encoder.down_blocks.";
  std::vector<WanDownBlockConfig> blocks;
  std::int64_t width = conv_shape(config, files, "encoder.conv_in.weight", 5)[0];
  for (std::size_t i = 0; i < vae.up_blocks.size(); ++i) {
    const std::string conv1 = scope + vae.down_resnet_name(i, 0) + ".conv1.weight";
    const std::int64_t out = conv_shape(config, files, conv1, 5)[0];
    blocks.push_back({.in = width,
                      .out = out,
                      .downsampling = resampling_of(files, scope + vae.downsampler_name(i))});
    width = out;
  }
  return blocks;
}

void check_down_blocks(const ConfigFile& config, const WanVaeConfig& vae) {
  const std::size_t count = vae.down_blocks.size();
  for (std::size_t i = 0; i < count; ++i) {
    const WanDownBlockConfig& block = vae.down_blocks[i];
    const std::string name = "encoder.down_blocks." + vae.downsampler_name(i);
    const WanResampling undone =
        i + 1 == count ? WanResampling::kNone : vae.up_blocks[count - 2 - i].upsampling;
    if (block.downsampling != undone) {
      refuse(config, "'" + name + "' halves " + resampling_text(block.downsampling) +
                         " (expected " + resampling_text(undone) + ", which the decoder doubles)");
    }
    if (!vae.is_residual) continue;

    const std::int64_t averaged = block.in * shortcut_cells(block.downsampling);
    if (averaged % block.out != 0) {
      refuse(config, "encoder.down_blocks." + std::to_string(i) + " turns " +
                         std::to_string(block.in) + " channels into " + std::to_string(block.out) +
                         ", which has no residual shortcut");
    }
  }
}

void check_up_blocks(const ConfigFile& config, const WanVaeConfig& vae) {
  for (std::size_t i = 0; i < vae.up_blocks.size(); ++i) {
    const WanUpBlockConfig& block = vae.up_blocks[i];
    const bool last = i + 1 == vae.up_blocks.size();
    if (last != (block.upsampling == WanResampling::kNone)) {
      refuse(config, up_block(i) + (last ? " upsamples" : " does not upsample") +
                         " (expected of all but the last)");
    }
    if (!vae.is_residual || last) continue;

    if (block.after != block.out || block.out * shortcut_cells(block.upsampling) % block.in != 0) {
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

/// base: what the multiples in 'dim_mult' are of; found: the widths of the weights, narrowest
/// first.
void check_widths(const ConfigFile& config, std::int64_t base, const Shape& found) {
  Shape stated = config.integers("dim_mult");
  if (base == 0 || stated.empty()) return;

  for (std::int64_t& width : stated) {
    if (__builtin_mul_overflow(width, base, &width)) refuse(config, "'dim_mult' is too large");
  }
  check_list(config, "dim_mult", stated, found);
}

void check_decoder_widths(const ConfigFile& config, const WanVaeConfig& vae) {
  Shape found;
  for (const WanUpBlockConfig& block : vae.up_blocks) found.push_back(block.out);
  std::ranges::reverse(found);
  check_widths(config, config.integer("decoder_base_dim", config.integer("base_dim", 0)), found);
}

void check_encoder(const ConfigFile& config, const WanVaeConfig& vae) {
  check_down_blocks(config, vae);
  check_integer(config, "base_dim", vae.down_blocks.front().in);
  Shape found;
  for (const WanDownBlockConfig& block : vae.down_blocks) found.push_back(block.out);
  check_widths(config, config.integer("base_dim", 0), found);
  check_integer(config, "in_channels", vae.out_channels());
}

void check_times(const ConfigFile& config, const WanVaeConfig& vae) {
  const std::vector<bool> flags = config.booleans("temperal_downsample");  // sic
  const Shape stated(flags.rbegin(), flags.rend());
  Shape found;
  for (const WanUpBlockConfig& block : vae.up_blocks) {
    if (block.upsampling == WanResampling::kNone) continue;
    found.push_back(block.upsampling == WanResampling::kSpaceAndTime ? 1 : 0);
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
  return std::int64_t{1} << std::ranges::count(up_blocks, WanResampling::kSpaceAndTime,
                                               &WanUpBlockConfig::upsampling);
}

std::string WanVaeConfig::down_resnet_name(std::size_t block, std::int64_t resnet) const {
  const auto index = static_cast<std::int64_t>(block);
  return is_residual ? std::to_string(index) + ".resnets." + std::to_string(resnet)
                     : std::to_string(index * resnets_per_block + resnet);
}

std::string WanVaeConfig::downsampler_name(std::size_t block) const {
  return is_residual ? std::to_string(block) + ".downsampler"
                     : down_resnet_name(block, resnets_per_block - 1);
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

  if (has_encoder(files)) vae.down_blocks = down_blocks_of(config, files, vae);

  check_up_blocks(config, vae);
  check_decoder_widths(config, vae);
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
  if (!vae.down_blocks.empty()) check_encoder(config, vae);
  return vae;
}

}  // namespace zoetrope
