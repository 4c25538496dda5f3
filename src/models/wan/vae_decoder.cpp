#include "models/wan/vae_decoder.h"

namespace zoetrope {

WanDecoderNetwork::WanDecoderNetwork(const WanVaeConfig& vae, const WeightReader& weights)
    : post_quant_conv_(weights.scope("post_quant_conv"), vae.z_dim, vae.z_dim),
      conv_in_(weights.scope("decoder.conv_in"), vae.z_dim, vae.up_blocks.front().in),
      mid_block_(weights.scope("decoder.mid_block"), vae.up_blocks.front().in),
      norm_out_(weights.scope("decoder.norm_out"), vae.up_blocks.back().out),
      conv_out_(weights.scope("decoder.conv_out"), vae.up_blocks.back().out, vae.out_channels()) {
  up_blocks_.reserve(vae.up_blocks.size());
  for (std::size_t i = 0; i < vae.up_blocks.size(); ++i) {
    up_blocks_.emplace_back(weights.scope("decoder.up_blocks." + std::to_string(i)), vae,
                            vae.up_blocks[i]);
  }
}

Tensor WanDecoderNetwork::operator()(const Tensor& latent, WanVaeState& state) const {
  state.begin_chunk();

  Tensor x = conv_in_(post_quant_conv_(latent), state);
  x = mid_block_(x, state);
  for (const WanUpBlock& block : up_blocks_) x = block(std::move(x), state);
  return conv_out_.after(norm_out_, std::move(x), state);
}

Tensor unpatchify_frames(const Tensor& frames, std::int64_t patch_size) {
  const std::int64_t t = frames.size(0), h = frames.size(1), w = frames.size(2);
  return frames.view({t, h, w, 3, patch_size, patch_size})
      .permute({0, 3, 1, 5, 2, 4})
      .reshape({t, 3, h * patch_size, w * patch_size})
      .contiguous();  // with patches of one pixel the reshape is a view
}

}  // namespace zoetrope
