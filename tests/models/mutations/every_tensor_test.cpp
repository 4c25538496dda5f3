// Every tensor that a part of the model reads, spoiled once in each way: the error names it.

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "models/clip/tiny_clip.h"
#include "models/transformer/tiny_transformer.h"
#include "models/umt5/tiny_umt5.h"
#include "models/vae/loaded_vae.h"
#include "support/expect_error.h"

namespace zoetrope::test {
namespace {

namespace fs = std::filesystem;

/// One component of a checkpoint: what its folder holds and how it is loaded.
struct Part {
  std::string name;
  std::string config_json;
  TensorShapes shapes;
  std::function<void(const fs::path& folder)> load;
  TensorShapes unread = {};  ///< tensors that only say how many layers there are
};

Part transformer() {
  const TinyTransformer tiny{.layers = 1};
  return {"transformer", tiny.config_json(), tiny.shapes(), [](const fs::path& folder) {
            const TensorFiles files = TensorFiles::open_folder(folder);
            const auto config = read_transformer_config(ConfigFile(folder / "config.json"), files);
            load_module(files, at::kFloat, {}, [&](const WeightReader& weights) {
              return WanTransformer(config, weights);
            });
          }};
}

Part text_encoder() {
  return {"text_encoder", kTinyUmt5, tiny_umt5_shapes(), [](const fs::path& folder) {
            const TensorFiles files = TensorFiles::open_folder(folder);
            const auto config = read_umt5_config(ConfigFile(folder / "config.json"), files);
            load_module(files, at::kFloat, {},
                        [&](const WeightReader& weights) { return Umt5Encoder(config, weights); });
          }};
}

Part image_encoder() {
  TensorShapes read = tiny_clip_shapes(), unread;
  for (const auto& [name, shape] : tiny_clip_shapes()) {
    const bool of_last_layer = name.find("layers.2.") != std::string::npos;
    if (of_last_layer || name.find("post_layernorm") != std::string::npos) {
      read.erase(name);
      unread[name] = shape;
    }
  }
  const auto load = [](const fs::path& folder) {
    const TensorFiles files = TensorFiles::open_folder(folder);
    const auto config = read_clip_vision_config(ConfigFile(folder / "config.json"), files);
    load_module(files, at::kFloat, {},
                [&](const WeightReader& weights) { return ClipVision(config, weights); });
  };
  return {"image_encoder", kTinyClip, read, load, unread};
}

Part autoencoder(const char* name, const TinyVae& vae) {
  return {name, vae.config_json(), vae.shapes(), [](const fs::path& folder) {
            const TensorFiles files = TensorFiles::open_folder(folder);
            const auto config = read_vae_config(ConfigFile(folder / "config.json"), files);
            // Each leaves out the other's tensors.
            load_module(files, at::kFloat, {}, [&](const WeightReader& weights) {
              return WanVideoEncoder(config, weights);
            });
            load_module(files, at::kFloat, {}, [&](const WeightReader& weights) {
              return WanVideoDecoder(config, weights);
            });
          }};
}

void PrintTo(const Part& part, std::ostream* out) { *out << part.name; }

class EveryTensor : public testing::TestWithParam<Part> {
 protected:
  fs::path weights() const { return folder_.path() / "model.safetensors"; }

  void write(TensorShapes shapes) {
    shapes.insert(GetParam().unread.begin(), GetParam().unread.end());
    write_golden_checkpoint(weights(), shapes);
    std::ofstream(folder_.path() / "config.json") << GetParam().config_json;
  }

  void expect_refused(const std::string& part) {
    EXPECT_ERROR(GetParam().load(folder_.path()), ErrorCode::kCorrupt, part);
  }

  // A VAE's blocks are counted by these: without one, the config is said to be of another.
  void expect_refusal_of(const std::string& name) {
    const bool counted = std::ranges::any_of(
        std::array{".conv_in.weight", ".conv1.weight", ".resample.1.weight", ".time_conv.weight",
                   ".conv_out.weight"},
        [&](const char* end) { return name.find("coder.") == 2 && name.ends_with(end); });
    expect_refused(counted ? folder_.path().string() : name);
  }

  TemporaryFolder folder_;
};

TEST_P(EveryTensor, ThatIsMissingIsNamed) {
  for (const auto& [name, shape] : GetParam().shapes) {
    TensorShapes shapes = GetParam().shapes;
    shapes.erase(name);
    write(shapes);
    expect_refusal_of(name);
  }
}

TEST_P(EveryTensor, ThatHasOneElementTooManyInItsLastAxisIsNamed) {
  for (const auto& [name, shape] : GetParam().shapes) {
    TensorShapes shapes = GetParam().shapes;
    ++shapes[name].back();
    write(shapes);
    expect_refusal_of(name);
  }
}

TEST_P(EveryTensor, ThatIsTransposedIsNamed) {
  for (const auto& [name, shape] : GetParam().shapes) {
    TensorShapes shapes = GetParam().shapes;
    if (shape.size() < 2 || shape[0] == shape[1]) continue;
    std::swap(shapes[name][0], shapes[name][1]);
    write(shapes);
    expect_refusal_of(name);
  }
}

TEST_P(EveryTensor, ThatHoldsANaNIsNamed) {
  write(GetParam().shapes);
  EXPECT_NO_THROW(GetParam().load(folder_.path()));
  std::map<std::string, std::uint64_t> last_values;
  const TensorFiles files = TensorFiles::open_folder(folder_.path());
  for (const auto& [name, place] : files.tensors()) {
    if (GetParam().unread.contains(name)) continue;
    last_values[name] = place.info->offset + place.info->bytes - sizeof(float);
  }
  std::fstream file(weights(), std::ios::in | std::ios::out | std::ios::binary);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const auto& [name, offset] : last_values) {
    float value = 0;
    file.seekg(static_cast<std::streamoff>(offset)).read(reinterpret_cast<char*>(&value), 4);
    file.seekp(static_cast<std::streamoff>(offset))
        .write(reinterpret_cast<const char*>(&nan), 4)
        .flush();
    expect_refused("load tensor '" + name + "' from " + weights().string() + ": it holds NaN");
    file.seekp(static_cast<std::streamoff>(offset))
        .write(reinterpret_cast<const char*>(&value), 4)
        .flush();
  }
}

INSTANTIATE_TEST_SUITE_P(Parts, EveryTensor,
                         testing::Values(transformer(), text_encoder(), image_encoder(),
                                         autoencoder("vae21", vae21_tiny()),
                                         autoencoder("vae22", vae22_tiny())),
                         [](const auto& part) { return part.param.name; });

}  // namespace
}  // namespace zoetrope::test
