// Runs one stage of a model alone, for the test beside it.
//
//   run_stage MODEL text    IN OUT TYPE   "prompt" (its bytes as numbers) -> [S, D]
//   run_stage MODEL forward IN OUT TYPE   "latents", "text" [1, S, D], "timestep" [1] -> velocity
//   run_stage MODEL decode  IN OUT TYPE   "latents" -> frames [F, 3, H, W] in [0, 1]
//
// IN is a safetensors file with the tensors named. OUT is the result's values, fp32, row-major.
// TYPE is fp32 or bf16. MODEL is a diffusers folder.

#include <fstream>
#include <iostream>

#include <c10/core/InferenceMode.h>

#include "models/families.h"
#include "models/find_model.h"
#include "nn/blocks.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

struct Input {
  explicit Input(const fs::path& file) : files(TensorFiles::open_file(file)) {}

  Tensor operator()(const std::string& name) const {
    const WeightReader reader(files, at::kFloat, WeightReader::Pass::kRead);
    return reader.take(name, *files.shape_of(name));
  }

  TensorFiles files;
};

std::string text_of(const Tensor& bytes) {
  std::string text;
  for (std::int64_t i = 0; i < bytes.numel(); ++i) {
    text.push_back(static_cast<char>(bytes[i].item<int>()));
  }
  return text;
}

Tensor decode(Pipeline& pipeline, const Tensor& latents) {
  const auto stream = pipeline.decoder.get({}).decode(latents);
  std::vector<Tensor> chunks;
  while (const auto chunk = stream->next()) chunks.push_back(*chunk);
  return at::cat(chunks);
}

Tensor run(const fs::path& model, const std::string& stage, const Input& input,
           at::ScalarType type) {
  const ModelIndex index = find_model({.folder = model});
  Pipeline pipeline = find_family(index).load(index, type);
  pipeline.kept_blocks->text = pipeline.kept_blocks->denoiser = kAllBlocks;
  if (stage == "text") return pipeline.text.get({}).encode(text_of(input("prompt"))).context;
  if (stage == "decode") return decode(pipeline, input("latents"));
  const double timestep = input("timestep").item<double>();
  return pipeline.denoiser.get({}).velocity(input("latents"), timestep,
                                            {input("text"), {}, {}, {}});
}

}  // namespace
}  // namespace zoetrope

int main(int count, char** arguments) {
  if (count != 6) return 2;
  const c10::InferenceMode inference;
  try {
    const auto type = std::string(arguments[5]) == "bf16" ? at::kBFloat16 : at::kFloat;
    const at::Tensor result =
        zoetrope::run(arguments[1], arguments[2], zoetrope::Input(arguments[3]), type)
            .to(at::kFloat)
            .contiguous();
    std::ofstream(arguments[4], std::ios::binary)
        .write(static_cast<const char*>(result.const_data_ptr()),
               static_cast<std::streamsize>(result.nbytes()));
  } catch (const zoetrope::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
