#include "bench/stopwatch.h"
#include "bench/workloads.h"
#include "models/wan/vae_encode_stream.h"
#include "models/wan/vae_stream.h"
#include "tensor/random.h"

namespace zoetrope {
namespace {

constexpr std::int64_t kFrames = 17, kHeight = 272, kWidth = 480;

// Widths of the four levels, as the released configurations have them.
WanVaeConfig config_of(bool second) {
  WanVaeConfig vae;
  vae.z_dim = second ? 48 : 16;
  vae.resnets_per_block = 3;
  vae.is_residual = second;
  vae.patch_size = second ? 2 : 1;
  vae.latents_mean.assign(static_cast<std::size_t>(vae.z_dim), 0);
  vae.latents_std.assign(static_cast<std::size_t>(vae.z_dim), 1);
  using R = WanResampling;
  if (second) {
    vae.up_blocks = {{1024, 1024, 1024, R::kSpaceAndTime},
                     {1024, 1024, 1024, R::kSpaceAndTime},
                     {1024, 512, 512, R::kSpace},
                     {512, 256, 256, R::kNone}};
    vae.down_blocks = {{160, 160, R::kSpace},
                       {160, 320, R::kSpaceAndTime},
                       {320, 640, R::kSpaceAndTime},
                       {640, 640, R::kNone}};
  } else {
    vae.up_blocks = {{384, 384, 192, R::kSpaceAndTime},
                     {192, 384, 192, R::kSpaceAndTime},
                     {192, 192, 96, R::kSpace},
                     {96, 96, 96, R::kNone}};
    vae.down_blocks = {{96, 96, R::kSpace},
                       {96, 192, R::kSpaceAndTime},
                       {192, 384, R::kSpaceAndTime},
                       {384, 384, R::kNone}};
  }
  return vae;
}

}  // namespace

std::vector<BenchFigure> bench_vae(const std::string& name, const BenchRun& run) {
  const WanVaeConfig config = config_of(name.starts_with("vae22"));
  const std::int64_t scale = config.spatial_compression();
  const std::int64_t height = kHeight / scale * scale;
  const Tensor latents =
      initial_noise(1, {1, config.z_dim, (kFrames - 1) / 4 + 1, height / scale, kWidth / scale});
  const WeightReader decoder_weights = WeightReader::random(run.type);
  const WanVideoDecoder decoder(config, decoder_weights);
  // Two latents are enough to warm up: the later ones are all alike.
  const auto decode_first = [&](std::int64_t count) {
    const auto frames = decoder.decode(latents.slice(2, 0, count));
    while (frames->next()) {
    }
  };
  BenchFigure decode = measured(
      name, "decode", run.repeat, [&] { decode_first(latents.size(2)); }, [&] { decode_first(2); });
  const WeightReader encoder_weights = WeightReader::random(run.type);
  const WanVideoEncoder encoder(config, encoder_weights);
  const Tensor frame = initial_noise(2, {3, height, kWidth}).clamp_(-1, 1);
  const auto encode_first = [&](std::int64_t count) {
    (void)encoder.encode(count, [&](std::int64_t) { return frame; });
  };
  BenchFigure encode = measured(
      name, "encode", run.repeat, [&] { encode_first(kFrames); }, [&] { encode_first(5); });
  decode.parameters = decoder_weights.drawn();
  encode.parameters = encoder_weights.drawn();
  decode.note = std::to_string(kFrames / decode.seconds).substr(0, 5) + " frames a second";
  encode.note = std::to_string(kFrames / encode.seconds).substr(0, 5) + " frames a second";
  return {decode, encode};
}

}  // namespace zoetrope
