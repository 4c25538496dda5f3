#include "api/latents_file.h"

#include "api/recipe.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/weight_reader.h"
#include "core/json.h"
#include "core/quote.h"
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

std::string memory_name(std::size_t i) { return "sampler." + std::to_string(i); }

bool is_of_run(const TensorInfo& info) {
  return info.dtype == DType::kF32 && info.shape.size() == 5 && info.shape[0] == 1;
}

// The shape of `latents`; there is nothing else in the file but tensors of the sampler like it.
std::vector<std::int64_t> latents_shape(const SafetensorsFile& file) {
  const auto& tensors = file.tensors();
  const auto found = tensors.find(kTensor);
  if (found == tensors.end()) {
    refuse(file.path(), std::to_string(tensors.size()) +
                            " tensors (expected one, named 'latents'; was this file written by "
                            "--save-latents?)");
  }
  const TensorInfo& latents = found->second;
  if (!is_of_run(latents)) {
    refuse(file.path(), std::string("'latents' is ") + dtype_name(latents.dtype) + " " +
                            shape_text(latents.shape) + " (expected F32 [1, C, T, h, w])");
  }
  for (const std::int64_t size : latents.shape) {
    if (size < 1 || size > 1'000'000) {
      refuse(file.path(), "'latents' has shape " + shape_text(latents.shape));
    }
  }
  for (std::size_t i = 0; i + 1 < tensors.size(); ++i) {
    const auto memory = tensors.find(memory_name(i));
    if (memory == tensors.end() || !is_of_run(memory->second) ||
        memory->second.shape != latents.shape) {
      refuse(file.path(), std::to_string(tensors.size()) + " tensors (expected 'latents' and, " +
                              "before the last step, the sampler's like it)");
    }
  }
  return latents.shape;
}

std::string metadata_value(const SafetensorsFile& file, const char* key) {
  const auto found = file.metadata().find(key);
  return found == file.metadata().end() ? std::string() : found->second;
}

int steps_done(const SafetensorsFile& file) {
  const std::string text = metadata_value(file, kStepsDoneKey);
  const bool number = !text.empty() && text.size() <= 4 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  return number ? std::stoi(text) : 0;
}

// "'seed' is 8 there and 7 here" of the first member that differs.
std::string difference(const Json& there, const Json& here, const std::string& where) {
  const auto text = [](const Json* value) {
    return value == nullptr ? std::string("not given") : in_quotes(value->dump());
  };
  for (const Json* keys : {&here, &there}) {
    for (const auto& [key, ignored] : keys->as_object(where)) {
      const std::string is = text(there.find(key)), expected = text(here.find(key));
      if (is != expected) return in_quotes(key) + " is " + is + " there and " + expected + " here";
    }
  }
  return "its recipe has another order";
}

void require_recipe(const std::filesystem::path& path, const std::string& found,
                    const Recipe& expected) {
  if (found == expected.json) return;
  const std::string attempt = "go on from " + path.string() + ": it ";
  if (found.empty()) throw Error(ErrorCode::kUsage, attempt + "doesn't say what it is of");
  const std::string where = "read the recipe in " + path.string();
  const JsonLimits limits{.max_bytes = 8 << 20, .max_depth = 4};
  throw Error(ErrorCode::kUsage, attempt + "is of another clip: " +
                                     difference(Json::parse(found, where, limits),
                                                Json::parse(expected.json, "the recipe"), where));
}

Tensor read_tensor(const TensorFiles& files, const std::string& name,
                   const std::vector<std::int64_t>& shape) {
  return WeightReader(files, at::kFloat, WeightReader::Pass::kRead).take(name, shape);
}

}  // namespace

void write_latents(const std::filesystem::path& path, const Denoised& denoised,
                   const Recipe& recipe) {
  std::vector<Tensor> tensors = {denoised.latents.contiguous()};
  std::vector<TensorToWrite> entries;
  for (const Tensor& memory : denoised.memory) tensors.push_back(memory.contiguous());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    require_shape(tensors[i], {1, kAny, kAny, kAny, kAny}, "latents");
    entries.push_back({i == 0 ? kTensor : memory_name(i - 1), DType::kF32, tensors[i].sizes().vec(),
                       tensors[i].const_data_ptr<float>()});
  }
  write_safetensors(path, entries,
                    {{kRecipeKey, recipe.json},
                     {kStepsDoneKey, std::to_string(denoised.steps_done)},
                     {kCompleteKey, denoised.complete ? "true" : "false"}});
}

Tensor read_latents(const std::filesystem::path& path) {
  const auto shape = latents_shape(SafetensorsFile(path));
  return read_tensor(TensorFiles::open_file(path), kTensor, shape);
}

Denoised read_state(const std::filesystem::path& path, const Recipe& recipe) {
  const SafetensorsFile file(path);
  const auto shape = latents_shape(file);
  require_recipe(path, metadata_value(file, kRecipeKey), recipe);
  const TensorFiles files = TensorFiles::open_file(path);
  Denoised state{read_tensor(files, kTensor, shape),
                 steps_done(file),
                 metadata_value(file, kCompleteKey) == "true",
                 {}};
  for (std::size_t i = 0; i + 1 < file.tensors().size(); ++i) {
    state.memory.push_back(read_tensor(files, memory_name(i), shape));
  }
  return state;
}

LatentsInfo inspect_latents(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  LatentsInfo result;
  result.shape = latents_shape(file);
  result.recipe_json = metadata_value(file, kRecipeKey);
  result.steps_done = steps_done(file);
  result.complete = metadata_value(file, kCompleteKey) != "false";
  if (!result.recipe_json.empty()) {
    result.request = request_of_recipe(result.recipe_json, path.string());
  }
  return result;
}

}  // namespace zoetrope
