#include "api/latents_file.h"

#include "api/recipe.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/weight_reader.h"
#include "tensor/shape.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

constexpr const char* kTensor = "latents";
constexpr const char* kRecipeKey = "zoetrope.recipe";
constexpr const char* kStepsDoneKey = "zoetrope.steps_done";
constexpr const char* kCompleteKey = "zoetrope.complete";

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& found) {
  throw Error(ErrorCode::kCorrupt, "read latents " + path.string() + ": " + found);
}

const TensorInfo& latents_info(const SafetensorsFile& file) {
  const auto& tensors = file.tensors();
  const auto found = tensors.find(kTensor);
  if (found == tensors.end() || tensors.size() != 1) {
    refuse(file.path(), std::to_string(tensors.size()) +
                            " tensors (expected one, named 'latents'; was this file written by "
                            "--save-latents?)");
  }
  const TensorInfo& info = found->second;
  if (info.dtype != DType::kF32 || info.shape.size() != 5 || info.shape[0] != 1) {
    refuse(file.path(), std::string("'latents' is ") + dtype_name(info.dtype) + " " +
                            shape_text(info.shape) + " (expected F32 [1, C, T, h, w])");
  }
  for (const std::int64_t size : info.shape) {
    if (size < 1 || size > 1'000'000) {
      refuse(file.path(), "'latents' has shape " + shape_text(info.shape));
    }
  }
  return info;
}

std::string metadata_value(const SafetensorsFile& file, const char* key) {
  const auto found = file.metadata().find(key);
  return found == file.metadata().end() ? std::string() : found->second;
}

}  // namespace

void write_latents(const std::filesystem::path& path, const Denoised& denoised,
                   const Recipe& recipe) {
  const Tensor latents = denoised.latents.contiguous();
  require_shape(latents, {1, kAny, kAny, kAny, kAny}, "latents");
  write_safetensors(path, {{kTensor, DType::kF32, latents.sizes().vec(), latents.const_data_ptr()}},
                    {{kRecipeKey, recipe.json},
                     {kStepsDoneKey, std::to_string(denoised.steps_done)},
                     {kCompleteKey, denoised.complete ? "true" : "false"}});
}

Tensor read_latents(const std::filesystem::path& path) {
  const TensorFiles files = TensorFiles::open_file(path);
  std::vector<std::int64_t> shape;
  {
    const SafetensorsFile header(path);
    shape = latents_info(header).shape;
  }
  const WeightReader reader(files, at::kFloat, WeightReader::Pass::kRead);
  return reader.take(kTensor, shape);
}

LatentsInfo inspect_latents(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  LatentsInfo result;
  result.shape = latents_info(file).shape;
  result.recipe_json = metadata_value(file, kRecipeKey);
  result.complete = metadata_value(file, kCompleteKey) != "false";
  if (!result.recipe_json.empty()) {
    result.request = request_of_recipe(result.recipe_json, path.string());
  }
  return result;
}

}  // namespace zoetrope
