#include "tiny_vae.h"

#include "core/json.h"

namespace zoetrope::test {
namespace {

using Shape = std::vector<std::int64_t>;

template <typename Item>
Json list(const std::vector<Item>& items) {
  Json json{Json::Array{}};
  for (const Item item : items) json.append(Json(item));
  return json;
}

// Collects the state dict's names.
struct Names {
  TensorShapes shapes;

  void conv(const std::string& name, std::int64_t out, std::int64_t in, const Shape& kernel) {
    Shape shape = {out, in};
    shape.insert(shape.end(), kernel.begin(), kernel.end());
    shapes[name + ".weight"] = shape;
    shapes[name + ".bias"] = {out};
  }

  void residual(const std::string& name, std::int64_t in, std::int64_t out) {
    shapes[name + ".norm1.gamma"] = {in, 1, 1, 1};
    shapes[name + ".norm2.gamma"] = {out, 1, 1, 1};
    conv(name + ".conv1", out, in, {3, 3, 3});
    conv(name + ".conv2", out, out, {3, 3, 3});
    if (in != out) conv(name + ".conv_shortcut", out, in, {1, 1, 1});
  }

  void mid(const std::string& name, std::int64_t width) {
    residual(name + ".resnets.0", width, width);
    residual(name + ".resnets.1", width, width);
    shapes[name + ".attentions.0.norm.gamma"] = {width, 1, 1};
    conv(name + ".attentions.0.to_qkv", 3 * width, width, {1, 1});
    conv(name + ".attentions.0.proj", width, width, {1, 1});
  }

  void end(const std::string& name, std::int64_t width, std::int64_t out) {
    shapes[name + ".norm_out.gamma"] = {width, 1, 1, 1};
    conv(name + ".conv_out", out, width, {3, 3, 3});
  }
};

void add_encoder(Names& names, const TinyVae& vae) {
  const std::string blocks = "encoder.down_blocks.";
  std::int64_t width = vae.base_dim;
  std::size_t flat = 0;  // the 2.1 encoder numbers blocks and downsamplers in one row
  names.conv("encoder.conv_in", width, vae.channels(), {3, 3, 3});
  for (std::size_t i = 0; i < vae.dim_mult.size(); ++i) {
    const std::int64_t out = vae.base_dim * vae.dim_mult[i];
    for (std::int64_t j = 0; j < vae.num_res_blocks; ++j) {
      names.residual(blocks + (vae.is_residual ? std::to_string(i) + ".resnets." + std::to_string(j)
                                               : std::to_string(flat++)),
                     width, out);
      width = out;
    }
    if (i + 1 == vae.dim_mult.size()) break;
    const std::string down =
        blocks + (vae.is_residual ? std::to_string(i) + ".downsampler" : std::to_string(flat++));
    names.conv(down + ".resample.1", out, out, {3, 3});
    if (vae.temperal_downsample[i]) names.conv(down + ".time_conv", out, out, {3, 1, 1});
  }
  names.mid("encoder.mid_block", width);
  names.end("encoder", width, 2 * vae.z_dim);
}

void add_decoder(Names& names, const TinyVae& vae) {
  const std::size_t count = vae.dim_mult.size();
  std::int64_t width = vae.decoder_base_dim * vae.dim_mult.back();
  names.conv("decoder.conv_in", width, vae.z_dim, {3, 3, 3});
  names.mid("decoder.mid_block", width);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string block = "decoder.up_blocks." + std::to_string(i);
    const std::int64_t out = vae.decoder_base_dim * vae.dim_mult[count - 1 - i];
    for (std::int64_t j = 0; j <= vae.num_res_blocks; ++j) {
      names.residual(block + ".resnets." + std::to_string(j), width, out);
      width = out;
    }
    if (i + 1 == count) break;
    const std::string up = block + (vae.is_residual ? ".upsampler" : ".upsamplers.0");
    width = vae.is_residual ? out : out / 2;
    names.conv(up + ".resample.1", width, out, {3, 3});
    if (vae.temperal_downsample[count - 2 - i])
      names.conv(up + ".time_conv", 2 * out, out, {3, 1, 1});
  }
  names.end("decoder", width, vae.channels());
}

}  // namespace

std::string TinyVae::config_json() const {
  Json config;
  config.set("_class_name", "AutoencoderKLWan");
  config.set("base_dim", base_dim);
  config.set("decoder_base_dim", decoder_base_dim);
  config.set("z_dim", z_dim);
  config.set("dim_mult", list(dim_mult));
  config.set("num_res_blocks", num_res_blocks);
  config.set("attn_scales", Json::Array{});
  config.set("temperal_downsample", list(temperal_downsample));
  config.set("is_residual", is_residual);
  config.set("in_channels", channels());
  config.set("out_channels", channels());
  config.set("patch_size", patch_size == 1 ? Json() : Json(patch_size));
  config.set("scale_factor_spatial", patch_size << (dim_mult.size() - 1));
  config.set("latents_mean", list(std::vector<double>(static_cast<std::size_t>(z_dim), 0.0)));
  config.set("latents_std", list(std::vector<double>(static_cast<std::size_t>(z_dim), 1.0)));
  return config.dump(2);
}

TensorShapes TinyVae::shapes() const {
  Names names;
  if (has_encoder) {
    add_encoder(names, *this);
    names.conv("quant_conv", 2 * z_dim, 2 * z_dim, {1, 1, 1});
  }
  names.conv("post_quant_conv", z_dim, z_dim, {1, 1, 1});
  add_decoder(names, *this);
  return names.shapes;
}

TinyVae vae21_tiny() { return {}; }

TinyVae vae22_tiny() { return {.z_dim = 48, .is_residual = true, .patch_size = 2}; }

TinyVae vae21_b() {
  return {.base_dim = 6, .decoder_base_dim = 6, .dim_mult = {1, 2, 2, 2}, .num_res_blocks = 2};
}

TinyVae vae22_b() {
  TinyVae vae = vae21_b();
  vae.decoder_base_dim = 8;
  vae.z_dim = 48;
  vae.is_residual = true;
  vae.patch_size = 2;
  return vae;
}

TinyVae unusual21() {
  return {.base_dim = 4,
          .decoder_base_dim = 4,
          .z_dim = 5,
          .dim_mult = {2, 1, 3},
          .num_res_blocks = 2,
          .temperal_downsample = {true, false}};
}

TinyVae unusual22() {
  return {.base_dim = 4,
          .decoder_base_dim = 4,
          .z_dim = 5,
          .dim_mult = {1, 3, 2},
          .temperal_downsample = {true, true},
          .is_residual = true,
          .patch_size = 3,
          .has_encoder = false};
}

}  // namespace zoetrope::test
