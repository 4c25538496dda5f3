#include <cmath>

#include "bench/stopwatch.h"
#include "bench/workloads.h"
#include "core/check.h"
#include "models/wan/transformer.h"
#include "ops/attention.h"
#include "sampling/denoise.h"
#include "tensor/random.h"

namespace zoetrope {
namespace {

constexpr std::int64_t kTextRows = 512;

struct Shape {
  const char* name;
  std::int64_t heads, ffn_dim, layers;
  std::int64_t frames, height, width;  // of the latents
};
constexpr Shape kShapes[] = {
    {"wan1.3b-480x272x17", 12, 8960, 30, 5, 34, 60},
    {"wan1.3b-832x480x17", 12, 8960, 30, 5, 60, 104},
    {"wan14b-480x272x17", 40, 13824, 40, 5, 34, 60},
};

const Shape& shape_of(const std::string& name) {
  for (const Shape& shape : kShapes) {
    if (name == shape.name) return shape;
  }
  check_failed("a workload's name", __FILE__, __LINE__);
}

WanTransformerConfig config_of(const Shape& shape, std::int64_t layers) {
  WanTransformerConfig config;
  config.in_channels = config.out_channels = 16;
  config.heads = shape.heads;
  config.head_dim = 128;
  config.ffn_dim = shape.ffn_dim;
  config.layers = layers;
  config.freq_dim = 256;
  config.text_dim = 4096;
  config.rope_max_seq_len = 1024;
  return config;
}

// A multiplication and an addition are two. Cross-attention and the embeddings are left in.
double forward_flops(const WanTransformerConfig& c, double tokens) {
  const auto dim = static_cast<double>(c.dim());
  const double linear = 2 * tokens * (6 * dim * dim + 2 * dim * static_cast<double>(c.ffn_dim));
  const double attention = 4 * tokens * tokens * dim + 4 * tokens * kTextRows * dim;
  return static_cast<double>(c.layers) * (linear + attention);
}

BenchFigure bench_attention(const std::string& name, const WanTransformerConfig& c,
                            std::int64_t tokens, const BenchRun& run) {
  const Tensor qkv = initial_noise(1, {1, tokens, 3, c.heads, c.head_dim}).to(run.type);
  const auto part = qkv.unbind(2);
  const double scale = 1 / std::sqrt(static_cast<double>(c.head_dim));
  BenchFigure figure = measured(name, "self-attention", run.repeat,
                                [&] { (void)ops::attention(part[0], part[1], part[2], scale); });
  figure.flops = 4.0 * static_cast<double>(tokens * tokens * c.dim());
  figure.note = "one layer";
  return figure;
}

}  // namespace

std::vector<BenchFigure> bench_transformer(const std::string& name, const BenchRun& run) {
  const Shape& shape = shape_of(name);
  const std::int64_t layers = std::min<std::int64_t>(run.layers, shape.layers);
  const WanTransformerConfig config = config_of(shape, layers);
  const std::int64_t tokens = shape.frames * shape.height * shape.width / 4;
  const WeightReader weights = WeightReader::random(run.type);
  const WanDenoiser denoiser(WanTransformer(config, weights));
  const Tensor x = initial_noise(2, {1, 16, shape.frames, shape.height, shape.width});

  const Condition prompt{initial_noise(3, {1, kTextRows, 4096}), {}, {}, {}};
  const Condition negative{initial_noise(4, {1, kTextRows, 4096}), {}, {}, {}};
  const auto depth = [&](const BenchFigure& figure) {
    const double whole = figure.seconds * static_cast<double>(shape.layers) / layers;
    return std::to_string(layers) + " of " + std::to_string(shape.layers) + " layers; all take " +
           std::to_string(whole).substr(0, 5) + " s";
  };
  BenchFigure forward =
      measured(name, "forward", run.repeat, [&] { (void)denoiser.velocity(x, 500, prompt); });
  forward.flops = forward_flops(config, static_cast<double>(tokens));
  forward.parameters = weights.drawn();
  forward.note = depth(forward);

  const Guidance guidance{.prompt = prompt, .negative = negative, .scale = 5};
  BenchFigure step = measured(name, "guided step", run.repeat,
                              [&] { (void)guided_velocity(denoiser, x, 500, guidance); });
  step.flops = 2 * forward.flops;
  step.parameters = forward.parameters;
  step.note = depth(step);
  return {bench_attention(name, config, tokens, run), forward, step};
}

}  // namespace zoetrope
