// What the parity test asks of the library, one answer a run.
//
//   encode_still vae   FOLDER PIXELS.safetensors OUT fp32|bf16   pixels [1, 3, F, H, W] -> latents
//   encode_still clip  FOLDER PIXELS.safetensors OUT fp32|bf16   pixels [1, 3, S, S] -> rows
//   encode_still still CONFIG.json PICTURE.safetensors OUT fp32  pixels [H, W, 3] -> [1, 3, S, S]
//
// The input is the tensor "pixels". OUT is the result's values, fp32, row-major.

#include <fstream>
#include <iostream>

#include "checkpoint/model_index.h"
#include "models/clip/clip_processor.h"
#include "models/clip/clip_vision.h"
#include "models/wan/vae_encode_stream.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

Tensor read_pixels(const fs::path& file) {
  const TensorFiles files = TensorFiles::open_file(file);
  const WeightReader reader(files, at::kFloat, WeightReader::Pass::kRead);
  return reader.take("pixels", *files.shape_of("pixels"));
}

Tensor encode_clip(const fs::path& folder, const Tensor& pixels, at::ScalarType type) {
  const TensorFiles files = TensorFiles::open_folder(folder);
  const auto config = read_vae_config(ConfigFile(folder / "config.json"), files);
  const auto encoder = load_module(files, type, {}, [&](const WeightReader& weights) {
    return WanVideoEncoder(config, weights);
  });
  return encoder.encode(pixels.size(2),
                        [&](std::int64_t i) { return pixels.select(2, i).squeeze(0); });
}

Tensor see(const fs::path& folder, const Tensor& pixels, at::ScalarType type) {
  const TensorFiles files = TensorFiles::open_folder(folder);
  const auto config = read_clip_vision_config(ConfigFile(folder / "config.json"), files);
  const auto vision = load_module(
      files, type, {}, [&](const WeightReader& weights) { return ClipVision(config, weights); });
  return vision(pixels);
}

Tensor process(const fs::path& config, const Tensor& pixels) {
  const Tensor levels = pixels.to(at::kByte).contiguous();
  Picture picture;
  picture.height = static_cast<int>(levels.size(0));
  picture.width = static_cast<int>(levels.size(1));
  const auto* first = levels.const_data_ptr<std::uint8_t>();
  picture.rgb.assign(first, first + levels.numel());
  return read_clip_processor(ConfigFile(config))(picture);
}

void run(char** arguments) {
  const std::string mode = arguments[1];
  const auto type = std::string(arguments[5]) == "bf16" ? at::kBFloat16 : at::kFloat;
  const Tensor pixels = read_pixels(arguments[3]);
  Tensor result = mode == "vae"    ? encode_clip(arguments[2], pixels, type)
                  : mode == "clip" ? see(arguments[2], pixels, type)
                                   : process(arguments[2], pixels);
  result = result.to(at::kFloat).contiguous();
  std::ofstream(arguments[4], std::ios::binary)
      .write(static_cast<const char*>(result.const_data_ptr()),
             static_cast<std::streamsize>(result.nbytes()));
}

}  // namespace
}  // namespace zoetrope

int main(int count, char** arguments) {
  if (count != 6) return 2;
  try {
    zoetrope::run(arguments);
  } catch (const zoetrope::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
