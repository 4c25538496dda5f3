#include "models/wan/memory.h"

#include <algorithm>

namespace zoetrope {
namespace {

constexpr std::int64_t kHistory = 2;  // frames that a causal convolution remembers of its input

// Adds up what the layers remember, and finds the most that is alive at one time beside it.
class ChunkMemory {
 public:
  ChunkMemory(std::int64_t frames, std::int64_t height, std::int64_t width, std::int64_t element)
      : frames_(frames), positions_(height * width * element) {}

  std::int64_t bytes() const { return remembered_ + peak_; }

  void resample(std::int64_t frames, std::int64_t height, std::int64_t width,
                std::int64_t element) {
    frames_ = frames;
    positions_ = height * width * element;
  }

  // One chunk of so many channels.
  std::int64_t chunk(std::int64_t channels) const { return channels * frames_ * positions_; }

  void need(std::int64_t bytes) { peak_ = std::max(peak_, bytes); }

  // A convolution behind `held` bytes that stay alive, of which its input may be a part: the input
  // and, normalised or not, the chunk with its history before it, then that and what comes out.
  enum class Input { kFreed, kHeld };
  void causal_conv(std::int64_t held, std::int64_t in, std::int64_t out,
                   Input input = Input::kFreed) {
    const std::int64_t history = kHistory * in * positions_;
    need(held + (input == Input::kFreed ? 2 : 1) * chunk(in) + history);
    need(held + chunk(in) + 2 * history);
    need(held + chunk(in) + history + chunk(out));
    remembered_ += history;
  }

  void resnet(std::int64_t held, std::int64_t in, std::int64_t out) {
    causal_conv(held + chunk(in), in, out, Input::kHeld);
    causal_conv(held + chunk(in), out, out);
    need(held + chunk(in) + (in == out ? 1 : 2) * chunk(out));
  }

  void mid_block(std::int64_t channels) {
    resnet(0, channels, channels);
    need(6 * chunk(channels));  // its input, the norm, queries with keys and values, the result
    resnet(0, channels, channels);
  }

 private:
  std::int64_t frames_, positions_;
  std::int64_t remembered_ = 0, peak_ = 0;
};

void up_block(const WanUpBlockConfig& block, const WanVaeConfig& vae, ChunkMemory& memory) {
  const bool upsamples = block.upsampling != WanResampling::kNone;
  const std::int64_t held = vae.is_residual && upsamples ? memory.chunk(block.in) : 0;
  for (std::int64_t i = 0; i < vae.resnets_per_block; ++i) {
    memory.resnet(held, i == 0 ? block.in : block.out, block.out);
  }
  if (!upsamples) return;
  const std::int64_t x = memory.chunk(block.out);
  std::int64_t times = 1;
  if (block.upsampling == WanResampling::kSpaceAndTime) {
    memory.causal_conv(held, block.out, 2 * block.out);
    memory.need(held + 5 * x);  // it, the pairs of frames side by side, and one after the other
    times = 2;
  }
  const std::int64_t after = 4 * times * memory.chunk(block.after);
  memory.need(held + x + (times - 1) * 2 * x + after);
  if (held > 0) memory.need(held + after);
}

void down_block(const WanDownBlockConfig& block, const WanVaeConfig& vae, ChunkMemory& memory) {
  const std::int64_t held = vae.is_residual ? 2 * memory.chunk(block.in) : 0;
  for (std::int64_t i = 0; i + 1 < vae.resnets_per_block; ++i) {
    memory.resnet(held, i == 0 ? block.in : block.out, block.out);
  }
  if (block.downsampling != WanResampling::kNone) {
    memory.need(held + 2 * memory.chunk(block.out) + memory.chunk(block.out) / 4);
  }
}

}  // namespace

// Three places can be the widest: the attention, with its own copy of keys and values in the
// processor's order; the layer after it; and the feed-forward. In bf16 a product also copies its
// matrix into an order of its own.
std::int64_t transformer_bytes(const WanTransformerConfig& c, std::int64_t tokens,
                               std::int64_t prompts, std::int64_t rows, std::int64_t element) {
  const std::int64_t row = c.dim() * element, hidden = c.ffn_dim * element;
  const std::int64_t matrix = element == 2 ? c.dim() * element : 0;  // a row of one
  const std::int64_t attention = 8 * tokens * row;
  const std::int64_t after_attention = 7 * tokens * row + c.dim() * matrix;
  const std::int64_t feed_forward = tokens * (3 * row + hidden) + c.ffn_dim * matrix;
  const std::int64_t remembered = c.layers * prompts * rows * 2 * row;
  const std::int64_t latents = tokens * c.patch_volume() * (2 * c.in_channels) * 4;
  const std::int64_t waiting = (prompts - 1) * tokens * row;  // at the end of the last block
  return remembered + latents + waiting + tokens * c.head_dim * 4 +
         std::max({attention, after_attention, feed_forward});
}

std::int64_t vae_decoder_bytes(const WanVaeConfig& vae, std::int64_t height, std::int64_t width,
                               std::int64_t element) {
  std::int64_t h = height / vae.spatial_compression(), w = width / vae.spatial_compression();
  std::int64_t frames = 1;
  ChunkMemory memory(frames, h, w, element);
  std::int64_t folded = 0;  // kernels of 4x4 in place of 3x3
  memory.causal_conv(0, vae.z_dim, vae.up_blocks.front().in);
  memory.mid_block(vae.up_blocks.front().in);
  for (const WanUpBlockConfig& block : vae.up_blocks) {
    up_block(block, vae, memory);
    if (block.upsampling == WanResampling::kNone) continue;
    folded += (4 * 4 - 3 * 3) * block.out * block.after * element;
    if (block.upsampling == WanResampling::kSpaceAndTime) frames *= 2;
    memory.resample(frames, h *= 2, w *= 2, element);
  }
  const std::int64_t last = vae.up_blocks.back().out;
  memory.causal_conv(0, last, vae.out_channels());
  return folded + memory.bytes() + 3 * frames * height * width * 4;
}

std::int64_t vae_encoder_bytes(const WanVaeConfig& vae, std::int64_t height, std::int64_t width,
                               std::int64_t latent_frames, std::int64_t element) {
  std::int64_t h = height / vae.patch_size, w = width / vae.patch_size;
  std::int64_t frames = latent_frames > 1 ? vae.temporal_compression() : 1;
  ChunkMemory memory(frames, h, w, element);
  memory.causal_conv(0, vae.out_channels(), vae.down_blocks.front().in);
  for (const WanDownBlockConfig& block : vae.down_blocks) {
    down_block(block, vae, memory);
    if (block.downsampling == WanResampling::kNone) continue;
    if (block.downsampling == WanResampling::kSpaceAndTime)
      frames = std::max<std::int64_t>(1, frames / 2);
    memory.resample(frames, h /= 2, w /= 2, element);
  }
  memory.mid_block(vae.down_blocks.back().out);
  return memory.bytes() + 3 * vae.temporal_compression() * height * width * 4;
}

}  // namespace zoetrope
