#include "whole_sequence.h"

#include <cmath>

namespace zoetrope::test {
namespace {

// All videos here are [1, C, T, H, W].
class WholeSequence {
 public:
  WholeSequence(const TinyVae& vae, const std::map<std::string, Tensor>& state) : vae_(vae) {
    for (const auto& [name, tensor] : state) state_[name] = tensor.to(at::kDouble);
  }

  Tensor decode(const Tensor& z) const {
    Tensor x = conv("decoder.conv_in", conv("post_quant_conv", z));
    x = residual("decoder.mid_block.resnets.0", x);
    x = attention("decoder.mid_block.attentions.0", x);
    x = residual("decoder.mid_block.resnets.1", x);
    for (std::size_t i = 0; i < vae_.dim_mult.size(); ++i) x = up_block(i, x);
    x = conv("decoder.conv_out", at::silu(norm("decoder.norm_out", x)));
    return unpatchify(x).clamp(-1, 1);
  }

  Tensor encode(const Tensor& pixels) const {
    Tensor x = conv("encoder.conv_in", patchify(pixels));
    std::int64_t flat = 0;  // where the 2.1 encoder's row of blocks is
    for (std::size_t i = 0; i < vae_.dim_mult.size(); ++i) x = down_block(i, x, flat);
    x = residual("encoder.mid_block.resnets.0", x);
    x = attention("encoder.mid_block.attentions.0", x);
    x = residual("encoder.mid_block.resnets.1", x);
    x = conv("encoder.conv_out", at::silu(norm("encoder.norm_out", x)));
    return conv("quant_conv", x).slice(1, 0, vae_.z_dim);
  }

 private:
  const Tensor& weight(const std::string& name) const { return state_.at(name); }
  bool has(const std::string& name) const { return state_.contains(name); }

  // Zeros on the left in time, on both sides in space.
  Tensor conv(const std::string& name, const Tensor& x) const {
    const Tensor& kernel = weight(name + ".weight");
    const std::int64_t space = kernel.size(4) / 2;
    const Tensor padded =
        at::constant_pad_nd(x, {space, space, space, space, kernel.size(2) - 1, 0});
    return at::conv3d(padded, kernel, weight(name + ".bias"));
  }

  Tensor norm(const std::string& name, const Tensor& x) const {
    const Tensor length = x.square().sum(1, /*keepdim=*/true).sqrt().clamp_min(1e-12);
    const double root = std::sqrt(static_cast<double>(x.size(1)));
    return x / length * root * weight(name + ".gamma").view({-1, 1, 1, 1});
  }

  Tensor residual(const std::string& name, const Tensor& x) const {
    const std::string shortcut = name + ".conv_shortcut";
    Tensor y = conv(name + ".conv1", at::silu(norm(name + ".norm1", x)));
    y = conv(name + ".conv2", at::silu(norm(name + ".norm2", y)));
    return y + (has(shortcut + ".weight") ? conv(shortcut, x) : x);
  }

  Tensor attention(const std::string& name, const Tensor& x) const {
    const std::int64_t channels = x.size(1), t = x.size(2), h = x.size(3), w = x.size(4);
    const auto per_pixel = [&](const std::string& layer, const Tensor& pixels) {
      return at::linear(pixels, weight(layer + ".weight").flatten(1), weight(layer + ".bias"));
    };
    const Tensor pixels =
        norm(name + ".norm", x).permute({0, 2, 3, 4, 1}).reshape({t, h * w, channels});
    const auto qkv = per_pixel(name + ".to_qkv", pixels).chunk(3, -1);
    const double root = std::sqrt(static_cast<double>(channels));
    const Tensor weights = at::softmax(qkv[0].matmul(qkv[1].transpose(1, 2)) / root, -1);
    const Tensor result = per_pixel(name + ".proj", weights.matmul(qkv[2]));
    return x + result.view({1, t, h, w, channels}).permute({0, 4, 1, 2, 3});
  }

  // The first frame passes; the others are convolved in time by themselves and become two each.
  Tensor double_frames(const std::string& name, const Tensor& x) const {
    if (x.size(2) == 1) return x;
    std::vector<Tensor> frames = {x.slice(2, 0, 1)};
    const Tensor pairs = conv(name, x.slice(2, 1));
    for (std::int64_t i = 0; i < pairs.size(2); ++i) {
      for (const Tensor& half : pairs.slice(2, i, i + 1).chunk(2, 1)) frames.push_back(half);
    }
    return at::cat(frames, 2);
  }

  // Every index written out: channel n = c * copies + s is (o, a, b, d).
  Tensor repeated(const Tensor& x, std::int64_t out, std::int64_t ft) const {
    const std::int64_t copies = out * ft * 4 / x.size(1);
    Tensor y = at::zeros({1, out, x.size(2) * ft, x.size(3) * 2, x.size(4) * 2}, x.options());
    for (std::int64_t n = 0; n < out * ft * 4; ++n) {
      const std::int64_t o = n / (ft * 4), a = n / 4 % ft, b = n / 2 % 2, d = n % 2;
      y.select(1, o)
          .slice(1, a, {}, ft)
          .slice(2, b, {}, 2)
          .slice(3, d, {}, 2)
          .copy_(x.select(1, n / copies));
    }
    return y.slice(2, ft - 1);
  }

  Tensor up_block(std::size_t i, const Tensor& input) const {
    const std::string block = "decoder.up_blocks." + std::to_string(i);
    Tensor x = input;
    for (std::int64_t j = 0; j <= vae_.num_res_blocks; ++j) {
      x = residual(block + ".resnets." + std::to_string(j), x);
    }
    const std::string up = block + (vae_.is_residual ? ".upsampler" : ".upsamplers.0");
    if (!has(up + ".resample.1.weight")) return x;

    const bool in_time = has(up + ".time_conv.weight");
    if (in_time) x = double_frames(up + ".time_conv", x);
    const Tensor larger = x.repeat_interleave(2, 3).repeat_interleave(2, 4);
    const Tensor kernel = weight(up + ".resample.1.weight").unsqueeze(2);
    const std::int64_t padding[] = {0, 1, 1};
    x = at::conv3d(larger, kernel, weight(up + ".resample.1.bias"), 1, padding);
    return vae_.is_residual ? x + repeated(input, x.size(1), in_time ? 2 : 1) : x;
  }

  Tensor unpatchify(const Tensor& x) const {
    const std::int64_t p = vae_.patch_size;
    Tensor y = at::zeros({1, 3, x.size(2), x.size(3) * p, x.size(4) * p}, x.options());
    for (std::int64_t n = 0; n < x.size(1); ++n) {
      const std::int64_t c = n / (p * p), column = n / p % p, row = n % p;
      y.select(1, c).slice(2, row, {}, p).slice(3, column, {}, p).copy_(x.select(1, n));
    }
    return y;
  }

  Tensor down_block(std::size_t i, const Tensor& input, std::int64_t& flat) const {
    const std::string blocks = "encoder.down_blocks.";
    const std::string block = blocks + std::to_string(i);
    Tensor x = input;
    for (std::int64_t j = 0; j < vae_.num_res_blocks; ++j) {
      x = residual(vae_.is_residual ? block + ".resnets." + std::to_string(j)
                                    : blocks + std::to_string(flat++),
                   x);
    }
    const bool last = i + 1 == vae_.dim_mult.size();
    const bool in_time = !last && vae_.temperal_downsample[i];
    if (!last) {
      const std::string down =
          vae_.is_residual ? block + ".downsampler" : blocks + std::to_string(flat++);
      x = at::conv3d(at::constant_pad_nd(x, {0, 1, 0, 1}),
                     weight(down + ".resample.1.weight").unsqueeze(2),
                     weight(down + ".resample.1.bias"), {1, 2, 2});
      if (in_time) x = halve_frames(down + ".time_conv", x);
    }
    return vae_.is_residual ? x + averaged(input, x.size(1), in_time ? 2 : 1, last ? 1 : 2) : x;
  }

  // The first frame passes; frame j >= 1 is made of frames 2j - 2, 2j - 1 and 2j.
  Tensor halve_frames(const std::string& name, const Tensor& x) const {
    std::vector<Tensor> frames = {x.slice(2, 0, 1)};
    for (std::int64_t j = 1; 2 * j < x.size(2); ++j) {
      frames.push_back(at::conv3d(x.slice(2, 2 * j - 2, 2 * j + 1), weight(name + ".weight"),
                                  weight(name + ".bias")));
    }
    return at::cat(frames, 2);
  }

  // Every index written out: gathered channel ((c * ft + a) * fs + b) * fs + d, and `group` of them
  // to a channel of the result. Zeros stand before the first frame.
  Tensor averaged(const Tensor& x, std::int64_t out, std::int64_t ft, std::int64_t fs) const {
    const Tensor padded = at::constant_pad_nd(x, {0, 0, 0, 0, ft - 1, 0});
    const std::int64_t cells = ft * fs * fs, group = x.size(1) * cells / out;
    Tensor y =
        at::zeros({1, out, padded.size(2) / ft, x.size(3) / fs, x.size(4) / fs}, x.options());
    for (std::int64_t n = 0; n < x.size(1) * cells; ++n) {
      const std::int64_t c = n / cells, a = n / (fs * fs) % ft, b = n / fs % fs, d = n % fs;
      y.select(1, n / group)
          .add_(padded.select(1, c).slice(1, a, {}, ft).slice(2, b, {}, fs).slice(3, d, {}, fs),
                1.0 / static_cast<double>(group));
    }
    return y;
  }

  Tensor patchify(const Tensor& pixels) const {
    const std::int64_t p = vae_.patch_size;
    std::vector<Tensor> channels;
    for (std::int64_t n = 0; n < 3 * p * p; ++n) {
      const std::int64_t c = n / (p * p), column = n / p % p, row = n % p;
      channels.push_back(pixels.select(1, c).slice(2, row, {}, p).slice(3, column, {}, p));
    }
    return at::stack(channels, 1);
  }

  const TinyVae& vae_;
  std::map<std::string, Tensor> state_;
};

}  // namespace

Tensor decode_whole_sequence(const TinyVae& vae, const std::map<std::string, Tensor>& state,
                             const Tensor& z) {
  return WholeSequence(vae, state).decode(z.to(at::kDouble));
}

Tensor encode_whole_sequence(const TinyVae& vae, const std::map<std::string, Tensor>& state,
                             const Tensor& pixels) {
  return WholeSequence(vae, state).encode(pixels.to(at::kDouble));
}

}  // namespace zoetrope::test
