#include "models/wan/loose_model.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "core/files.h"
#include "core/quote.h"
#include "models/umt5/original_names.h"
#include "models/wan/default_configs.h"
#include "models/wan/part_files.h"
#include "models/wan/transformer_config.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

// Where Wan's repositories and ComfyUI keep weights; "" is the folder itself.
constexpr const char* kFolders[] = {"",
                                    "diffusion_models",
                                    "unet",
                                    "vae",
                                    "text_encoders",
                                    "clip",
                                    "clip_vision",
                                    "high_noise_model",
                                    "low_noise_model"};
constexpr const char* kTokenizerFolders[] = {"tokenizer", "google/umt5-xxl", ""};
constexpr std::size_t kMaxFiles = 1'000;

[[noreturn]] void fail(const fs::path& model, const std::string& found) {
  throw Error(ErrorCode::kCorrupt, "open model " + model.string() + ": " + found);
}

bool is_shard(const std::string& name) {
  // STEM-00001-of-00002.safetensors
  constexpr std::size_t kNumber = 5;
  const std::string stem = fs::path(name).stem().string();
  const auto of = stem.rfind("-of-");
  return of != std::string::npos && of > kNumber && stem[of - kNumber - 1] == '-';
}

// Indices of shards and files that stand alone, sorted.
std::vector<fs::path> weights_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool index = name.ends_with(".safetensors.index.json");
    if (index || (name.ends_with(".safetensors") && !is_shard(name))) {
      found.push_back(entry->path());
    }
    if (found.size() == kMaxFiles) break;
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<fs::path> all_weights(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const char* name : kFolders) {
    const auto more = weights_in(*name == '\0' ? folder : folder / name);
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

using Candidates = std::map<std::string, std::vector<fs::path>>;

Candidates candidates_in(const fs::path& folder) {
  Candidates found;
  for (const fs::path& path : all_weights(folder)) {
    const std::string component = component_of(TensorFiles::open_path(path));
    if (!component.empty()) found[component].push_back(path);
  }
  return found;
}

std::string list(const std::vector<fs::path>& paths, const fs::path& folder) {
  std::string text;
  for (const fs::path& path : paths) {
    text += (text.empty() ? "" : ", ") + in_quotes(path.lexically_relative(folder).string());
  }
  return text;
}

// "high" or "low", where the name of the file or of its folder says so.
std::string noise_of(const fs::path& path) {
  std::string name = path.parent_path().filename().string() + "/" + path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  const bool high = name.find("high") != std::string::npos;
  const bool low = name.find("low") != std::string::npos;
  return high == low ? "" : high ? "high" : "low";
}

void take_transformers(const std::vector<fs::path>& found, ModelFiles& files) {
  if (!files.transformer.empty() || found.empty()) return;
  if (found.size() == 1) {
    files.transformer = found.front();
    return;
  }
  std::vector<fs::path> high, low;
  for (const fs::path& path : found) {
    if (noise_of(path) == "high") high.push_back(path);
    if (noise_of(path) == "low") low.push_back(path);
  }
  if (found.size() != 2 || high.size() != 1 || low.size() != 1) {
    fail(files.folder,
         "its transformers are " + list(found, files.folder) +
             " (expected one, or two of which the names say \"high\" and \"low\": name the "
             "transformer, and with two experts transformer_2, for low noise)");
  }
  files.transformer = high.front();
  if (files.transformer_2.empty()) files.transformer_2 = low.front();
}

void take(const std::string& component, const std::vector<fs::path>& found, const fs::path& folder,
          fs::path& part) {
  if (!part.empty() || found.empty()) return;
  if (found.size() > 1) {
    fail(folder, "each of " + list(found, folder) + " can be the " + component +
                     " (expected one: name it)");
  }
  part = found.front();
}

bool has_tokenizer(const fs::path& folder) {
  return is_there(folder / "tokenizer.json") || is_there(folder / "spiece.model");
}

bool carries_tokenizer(const fs::path& text_encoder) {
  return !text_encoder.empty() && has_sentencepiece(TensorFiles::open_path(text_encoder));
}

// What is named, and of the rest what the folder has.
void take_from_folder(ModelFiles& files) {
  Candidates found = candidates_in(files.folder);
  take_transformers(found["transformer"], files);
  take("vae", found["vae"], files.folder, files.vae);
  take("text_encoder", found["text_encoder"], files.folder, files.text_encoder);
  take("image_encoder", found["image_encoder"], files.folder, files.image_encoder);
  for (const char* name : kTokenizerFolders) {
    const fs::path folder = *name == '\0' ? files.folder : files.folder / name;
    if (files.tokenizer.empty() && has_tokenizer(folder)) files.tokenizer = folder;
  }
}

ModelFiles completed(ModelFiles files) {
  if (!files.folder.empty()) take_from_folder(files);
  if (files.tokenizer.empty() && carries_tokenizer(files.text_encoder)) {
    files.tokenizer = files.text_encoder;
  }
  return files;
}

void require_parts(const fs::path& model, const ModelFiles& files) {
  const std::tuple<const char*, const fs::path&, const char*> required[] = {
      {"transformer", files.transformer, "a .safetensors file"},
      {"vae", files.vae, "a .safetensors file; a pickle, such as Wan's own .pth, is never read"},
      {"text_encoder", files.text_encoder,
       "a .safetensors file; a pickle, such as Wan's own .pth, is never read"},
      {"tokenizer", files.tokenizer, "a folder with tokenizer.json or spiece.model"}};
  for (const auto& [name, path, expected] : required) {
    if (!path.empty()) continue;
    fail(model, (files.folder.empty()
                     ? "the " + std::string(name) + " is not given"
                     : "no model_index.json, and no " + std::string(name) + " among its files") +
                    " (expected " + expected + ")");
  }
}

PartPlace place_of(const fs::path& path, const std::string& component) {
  const bool second = component == "transformer_2";
  const std::string expected = second ? "transformer" : component;
  if (const std::string found = component_of(TensorFiles::open_path(path)); found != expected) {
    throw Error(ErrorCode::kCorrupt,
                "open " + path.string() + ": its tensors are " +
                    (found.empty() ? "no part of a Wan model" : "those of the " + found) +
                    " (expected the " + expected + ")");
  }
  return {path, config_of_part(path, open_part(path, component), component)};
}

// What the released model of a kind is sampled with. Source: the configurations of Wan 2.1 and
// 2.2's own generate.py.
struct Sampling {
  double flow_shift = 5;
  double boundary_ratio = 0;
};

Sampling sampling_of(const WanTransformerConfig& transformer, bool two_experts) {
  const bool from_still = transformer.in_channels != transformer.out_channels;
  if (two_experts) return from_still ? Sampling{5, 0.9} : Sampling{12, 0.875};
  return {transformer.image_positions > 0 ? 16.0 : 5.0, 0};
}

// Its pixels are gathered in patches: the 2.2 autoencoder, whose one model holds first frames.
bool holds_first_frames(const TensorFiles& vae) {
  return vae.shape_of("decoder.up_blocks.0.upsampler.resample.1.weight") != nullptr;
}

Json component_class(const char* library, const char* name) { return Json::Array{library, name}; }

}  // namespace

bool is_loose_folder(const std::filesystem::path& folder) {
  return !is_there(folder / "model_index.json") && !all_weights(folder).empty();
}

std::map<std::string, PartPlace> named_parts(const ModelFiles& files) {
  std::map<std::string, PartPlace> places;
  visit_parts(files, [&](const std::string& component, const fs::path& path, const char*) {
    if (path.empty()) return;
    places.emplace(component, component == "tokenizer" ? PartPlace{path, std::nullopt}
                                                       : place_of(path, component));
  });
  return places;
}

ModelIndex loose_wan_model(const ModelFiles& given) {
  const ModelFiles files = completed(given);
  const fs::path model = files.folder.empty() ? files.transformer : files.folder;
  require_parts(model, files);
  std::map<std::string, PartPlace> places = named_parts(files);

  const auto structure = read_transformer_config(*places.at("transformer").config,
                                                 open_part(files.transformer, "transformer"));
  const bool from_still = structure.in_channels != structure.out_channels;
  const bool two_experts = !files.transformer_2.empty();
  if (from_still && structure.image_dim == 0 && !two_experts) {
    fail(model,
         "the transformer reads a still by its latents alone, as the experts of Wan 2.2 do "
         "(expected two of them: name the transformer for high and transformer_2 for low noise)");
  }
  if (structure.image_dim == 0) places.erase("image_encoder");
  const Sampling sampling = sampling_of(structure, two_experts);
  places.emplace(
      "scheduler",
      PartPlace{model, ConfigFile(model, default_scheduler_config(sampling.flow_shift))});
  places.emplace("image_processor",
                 PartPlace{model, ConfigFile(model, default_image_processor_config())});

  Json::Object scalars = {
      {"_class_name", from_still ? "WanImageToVideoPipeline" : "WanPipeline"},
      {"boundary_ratio", two_experts ? Json(sampling.boundary_ratio) : Json()},
      {"expand_timesteps", !from_still && holds_first_frames(open_part(files.vae, "vae"))},
      {"scheduler", component_class("diffusers", "UniPCMultistepScheduler")},
      {"text_encoder", component_class("transformers", "UMT5EncoderModel")},
      {"tokenizer", component_class("transformers", "T5TokenizerFast")},
      {"transformer", component_class("diffusers", "WanTransformer3DModel")},
      {"vae", component_class("diffusers", "AutoencoderKLWan")}};
  const Json nothing = Json::Array{Json(), Json()};
  scalars.emplace_back("transformer_2", two_experts
                                            ? component_class("diffusers", "WanTransformer3DModel")
                                            : nothing);
  if (from_still) {
    const bool sees = places.contains("image_encoder");
    scalars.emplace_back("image_encoder",
                         sees ? component_class("transformers", "CLIPVisionModel") : nothing);
    scalars.emplace_back("image_processor",
                         sees ? component_class("transformers", "CLIPImageProcessor") : nothing);
  }
  return {model, std::move(scalars), std::move(places)};
}

}  // namespace zoetrope
