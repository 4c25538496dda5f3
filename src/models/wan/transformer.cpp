#include "models/wan/transformer.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/check.h"
#include "ops/layer_norm_modulate.h"
#include "ops/tiles.h"
#include "tensor/shape.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

/// The stored convolution weight [D, C, pt, ph, pw] as one of a linear layer: its patches don't
/// overlap.
Linear patch_linear(const WanTransformerConfig& config, const WeightReader& weights) {
  const auto [frames, rows, columns] = config.patch;
  return {
      weights.take("weight", {config.dim(), config.in_channels, frames, rows, columns}).flatten(1),
      weights.take("bias", {config.dim()})};
}

/// cos(t * f_i), then sin(t * f_i), with f_i = 10000^(-i / half), in fp32 as the reference.
/// timesteps: fp32 [M]. Returns fp32 [M, freq_dim].
Tensor sinusoids(const Tensor& timesteps, std::int64_t freq_dim) {
  const std::int64_t half = freq_dim / 2;
  const Tensor exponent = at::arange(half, at::kFloat) * -std::log(10000.0) / half;
  const Tensor angles = timesteps.unsqueeze(1) * at::exp(exponent).unsqueeze(0);
  return at::cat({angles.cos(), angles.sin()}, /*dim=*/1);
}

// text: [1, S, D]
std::int64_t zero_rows_at_end(const Tensor& text) {
  const Tensor used = text[0].ne(0).any(/*dim=*/1).nonzero();
  return text.size(1) - (used.size(0) > 0 ? used[-1].item<std::int64_t>() + 1 : 0);
}

}  // namespace

WanTransformer::WanTransformer(const WanTransformerConfig& config, const WeightReader& weights,
                               std::int64_t kept_blocks)
    : config_(config),
      compute_type_(weights.compute_type()),
      blocks_(weights, "blocks", config.layers, kept_blocks,
              [config](const WeightReader& block) { return WanBlock(config, block); }) {
  const std::int64_t dim = config.dim();
  patch_embedding_ = patch_linear(config, weights.scope("patch_embedding"));

  const WeightReader embedder = weights.scope("condition_embedder");
  time_linear_1_ = Linear::in_fp32(embedder.scope("time_embedder.linear_1"), config.freq_dim, dim);
  time_linear_2_ = Linear::in_fp32(embedder.scope("time_embedder.linear_2"), dim, dim);
  time_proj_ = Linear(embedder.scope("time_proj"), dim, 6 * dim);
  text_linear_1_ = Linear(embedder.scope("text_embedder.linear_1"), config.text_dim, dim);
  text_linear_2_ = Linear(embedder.scope("text_embedder.linear_2"), dim, dim);
  if (config.image_dim > 0) image_embedder_.emplace(config, embedder.scope("image_embedder"));

  scale_shift_table_ = weights.take_fp32("scale_shift_table", {1, 2, dim});
  proj_out_ = Linear(weights.scope("proj_out"), dim, config.patch_volume() * config.out_channels);
}

WanPrompt WanTransformer::prompt(const Tensor& text, const Tensor& image) const {
  require_shape(text, {1, kAny, config_.text_dim}, "the text's encoding");
  ZOETROPE_CHECK(image.defined() == image_embedder_.has_value());
  ContextRows rows;
  if (image.defined()) rows.image = (*image_embedder_)(image);
  // Attention sees the rows that fill a short prompt up as well; all are the same, so one does for
  // them if it counts as often. In fp32 all are kept: what is compared with the reference to the
  // last digit has to add up what it adds up.
  const bool tiles = compute_type_ == at::kBFloat16 && ops::has_fast_tiles(at::kBFloat16);
  const std::int64_t filling = tiles ? zero_rows_at_end(text) : 0;
  Tensor seen = text;
  if (filling > 1) {
    seen = text.slice(1, 0, text.size(1) - filling + 1);
    rows.text_bias = at::zeros({seen.size(1)});
    rows.text_bias[-1] = std::log(static_cast<double>(filling));
  }
  rows.text = text_linear_2_(text_linear_1_.then_gelu(seen.to(compute_type_)));
  return {rows, {}};
}

std::array<std::int64_t, 3> WanTransformer::grid(const Tensor& latents) const {
  static constexpr const char* kAxes[] = {"frames", "rows", "columns"};

  require_shape(latents, {1, config_.in_channels, kAny, kAny, kAny}, "latents");
  std::array<std::int64_t, 3> result{};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::int64_t size = latents.size(static_cast<std::int64_t>(i) + 2);
    const std::int64_t patch = config_.patch[i];
    if (size < 1 || size % patch != 0 || size / patch > config_.rope_max_seq_len) {
      throw Error(ErrorCode::kUsage, "denoise: " + std::to_string(size) + " latent " + kAxes[i] +
                                         " (expected a multiple of " + std::to_string(patch) +
                                         ", at most " +
                                         std::to_string(patch * config_.rope_max_seq_len) + ")");
    }
    result[i] = size / patch;
  }
  return result;
}

// All prompts go through a block before the next is touched: a block that isn't kept is read once
// for them, and one that is kept is still in the processor's caches if it is small.
std::vector<Tensor> WanTransformer::forward(const Tensor& latents, const TokenTimes& times,
                                            const std::vector<WanPrompt*>& prompts,
                                            const Rope& rope) const {
  const Tensor time = embed_time(times.values);  // [R, D]
  const BlockTime block_time{
      time_proj_(at::silu(time)).unflatten(1, {6, config_.dim()}).to(at::kFloat), times.run_ends};

  std::vector<Tensor> results(prompts.size(), embed_patches(latents));  // [1, L, D]
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const auto block = blocks_[i];
    for (std::size_t p = 0; p < prompts.size(); ++p) {
      WanPrompt& prompt = *prompts[p];
      if (prompt.blocks.size() == i) prompt.blocks.push_back(block->context(prompt.rows));
      results[p] = block->forward(std::move(results[p]), prompt.blocks[i], block_time, rope);
    }
  }
  for (Tensor& x : results) x = unpatchify(head(x, time, times.run_ends), grid(latents));
  return results;
}

// The features of a patch are in (channel, frame, row, column) order; unpatchify's are not.
Tensor WanTransformer::embed_patches(const Tensor& latents) const {
  const auto [frames, rows, columns] = grid(latents);
  const auto [pt, ph, pw] = config_.patch;
  return patch_embedding_(latents.to(compute_type_)
                              .view({config_.in_channels, frames, pt, rows, ph, columns, pw})
                              .permute({1, 3, 5, 0, 2, 4, 6})
                              .reshape({1, frames * rows * columns, -1}));
}

// Rounded to the compute type at the end, as the reference does.
Tensor WanTransformer::embed_time(const Tensor& timesteps) const {
  const Tensor hidden = at::silu(time_linear_1_(sinusoids(timesteps, config_.freq_dim)));
  return time_linear_2_(hidden).to(compute_type_);
}

// The head is modulated by the time embedding itself, not by what the blocks get.
Tensor WanTransformer::head(const Tensor& x, const Tensor& time, at::IntArrayRef run_ends) const {
  const std::vector<Tensor> rows = (scale_shift_table_ + time.unsqueeze(1)).unbind(1);
  return proj_out_(ops::layer_norm_modulate(x, 1 + rows[1], rows[0], config_.eps, run_ends));
}

// tokens: [1, L, pt * ph * pw * C], channels last.
Tensor WanTransformer::unpatchify(const Tensor& tokens,
                                  const std::array<std::int64_t, 3>& grid) const {
  const auto [frames, rows, columns] = grid;
  const auto [pt, ph, pw] = config_.patch;
  return tokens.view({frames, rows, columns, pt, ph, pw, config_.out_channels})
      .permute({6, 0, 3, 1, 4, 2, 5})
      .to(at::kFloat)
      .reshape({1, config_.out_channels, frames * pt, rows * ph, columns * pw});
}

std::vector<Tensor> WanDenoiser::velocities(const Tensor& latents, double timestep,
                                            const std::vector<Condition>& conditions) const {
  const Condition& first = conditions.front();
  for (const Condition& condition : conditions) {
    ZOETROPE_CHECK(condition.appended.is_same(first.appended));
    ZOETROPE_CHECK(condition.held.is_same(first.held));
  }
  const std::vector<WanPrompt*> prompts = prompts_of(conditions);
  const Tensor input =
      first.appended.defined() ? at::cat({latents, first.appended}, /*dim=*/1) : latents;
  const auto grid = transformer_.grid(input);

  TokenTimes times{at::full({1}, timestep, at::kFloat), {}};
  if (first.held.defined()) {
    const std::int64_t a_frame = grid[1] * grid[2];
    const std::int64_t held = first.held.size(2) / transformer_.config().patch[0] * a_frame;
    times = {at::tensor({0.0, timestep}, at::kFloat), {held, grid[0] * a_frame}};
  }
  return transformer_.forward(input, times, prompts, rope(grid));
}

std::vector<WanPrompt*> WanDenoiser::prompts_of(const std::vector<Condition>& conditions) const {
  const auto is_of = [](const Known& known, const Condition& condition) {
    return known.condition.text.is_same(condition.text) &&
           known.condition.image.is_same(condition.image);
  };
  prompts_.remove_if([&](const Known& known) {
    return std::none_of(conditions.begin(), conditions.end(),
                        [&](const Condition& condition) { return is_of(known, condition); });
  });
  std::vector<WanPrompt*> result;
  for (const Condition& condition : conditions) {
    auto known = std::find_if(prompts_.begin(), prompts_.end(),
                              [&](const Known& other) { return is_of(other, condition); });
    if (known == prompts_.end()) {
      known =
          prompts_.insert(known, {condition, transformer_.prompt(condition.text, condition.image)});
    }
    result.push_back(&known->prompt);
  }
  return result;
}

const Rope& WanDenoiser::rope(const std::array<std::int64_t, 3>& grid) const {
  if (!rope_.cos.defined() || grid != rope_grid_) {
    rope_ = make_rope(grid[0], grid[1], grid[2], transformer_.config().head_dim);
    rope_grid_ = grid;
  }
  return rope_;
}

}  // namespace zoetrope
