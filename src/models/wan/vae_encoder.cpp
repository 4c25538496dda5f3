#include "models/wan/vae_encoder.h"

namespace zoetrope {

WanEncoderNetwork::WanEncoderNetwork(const WanVaeConfig& vae, const WeightReader& weights)
    : z_dim_(vae.z_dim),
      conv_in_(weights.scope("encoder.conv_in"), vae.out_channels(), vae.down_blocks.front().in),
      mid_block_(weights.scope("encoder.mid_block"), vae.down_blocks.back().out),
      norm_out_(weights.scope("encoder.norm_out"), vae.down_blocks.back().out),
      conv_out_(weights.scope("encoder.conv_out"), vae.down_blocks.back().out, 2 * vae.z_dim),
      quant_conv_(weights.scope("quant_conv"), 2 * vae.z_dim, 2 * vae.z_dim) {
  down_blocks_.reserve(vae.down_blocks.size());
  for (std::size_t i = 0; i < vae.down_blocks.size(); ++i) {
    down_blocks_.emplace_back(weights.scope("encoder.down_blocks"), vae, i);
  }
}

Tensor WanEncoderNetwork::operator()(Tensor frames, WanVaeState& state) const {
  state.begin_chunk();

  Tensor x = conv_in_(std::move(frames), state);
  for (const WanDownBlock& block : down_blocks_) x = block(std::move(x), state);
  x = mid_block_(x, state);
  x = quant_conv_(conv_out_.after(norm_out_, std::move(x), state));
  return x.slice(-1, 0, z_dim_);  // the other half is the logarithm of the variance
}

Tensor patchify_frame(const Tensor& frame, std::int64_t patch_size) {
  const std::int64_t h = frame.size(1) / patch_size, w = frame.size(2) / patch_size;
  return frame.reshape({3, h, patch_size, w, patch_size})
      .permute({1, 3, 0, 4, 2})
      .reshape({h, w, 3 * patch_size * patch_size});
}

}  // namespace zoetrope
