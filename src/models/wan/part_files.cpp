#include "models/wan/part_files.h"

#include <algorithm>

#include "core/files.h"
#include "models/clip/original_names.h"
#include "models/umt5/original_names.h"
#include "models/wan/default_configs.h"
#include "models/wan/original_names.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

bool is_transformer(const std::string& component) {
  return component == "transformer" || component == "transformer_2";
}

bool names_class(const ConfigFile& config, const std::string& key, const std::string& name) {
  const Json* list = config.find(key);
  if (list == nullptr || !list->is_array()) return false;
  return std::ranges::any_of(list->as_array(""), [&](const Json& item) {
    return item.is_string() && item.as_string("") == name;
  });
}

// The class that a config is of, where it says so in a way of its component.
bool is_of(const ConfigFile& config, const std::string& key, const std::string& value) {
  const Json* found = config.find(key);
  return found != nullptr && found->is_string() && found->as_string("") == value;
}

bool is_config_of(const ConfigFile& config, const std::string& component) {
  if (component == "vae") return is_of(config, "_class_name", "AutoencoderKLWan");
  if (component == "text_encoder") {
    return is_of(config, "model_type", "umt5") ||
           names_class(config, "architectures", "UMT5EncoderModel");
  }
  if (component == "image_encoder") return is_of(config, "model_type", "clip_vision_model");
  return is_of(config, "_class_name", "WanTransformer3DModel");
}

// Early copies of the authors' config have no class.
bool is_authors_config(const ConfigFile& config) {
  return is_of(config, "_class_name", "WanModel") ||
         (config.find("_class_name") == nullptr && config.find("dim") != nullptr &&
          config.find("num_heads") != nullptr);
}

}  // namespace

TensorFiles open_part(const std::filesystem::path& path, const std::string& component) {
  TensorFiles files = TensorFiles::open_path(path);
  if (is_transformer(component)) return with_diffusers_transformer_names(std::move(files));
  if (component == "vae") return with_diffusers_vae_names(std::move(files));
  if (component == "text_encoder") return with_transformers_umt5_names(std::move(files));
  return files;
}

UnigramTokenizer open_tokenizer(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return UnigramTokenizer::open(path);
  return UnigramTokenizer::from_spiece(sentencepiece_of(TensorFiles::open_path(path)),
                                       path.string());
}

std::string component_of(const TensorFiles& files) {
  if (wan_transformer_naming(files) != Naming::kOther) return "transformer";
  if (wan_vae_naming(files) != Naming::kOther) return "vae";
  if (umt5_naming(files) != Naming::kOther) return "text_encoder";
  switch (clip_vision_naming(files)) {
    case Naming::kOther:
      return "";
    case Naming::kDiffusers:
      return "image_encoder";
    case Naming::kOriginal:
      break;
  }
  throw Error(ErrorCode::kUsage,
              "open " + files.paths().front().string() +
                  ": a CLIP image encoder under OpenCLIP's names, which this version does not read "
                  "(expected transformers' names, as in clip_vision_h.safetensors)");
}

ConfigFile config_of_part(const std::filesystem::path& path, const TensorFiles& files,
                          const std::string& component) {
  std::error_code ignored;
  const auto folder = std::filesystem::is_directory(path, ignored) ? path : path.parent_path();
  if (const auto beside = folder / "config.json"; is_there(beside)) {
    ConfigFile config(beside);
    if (is_config_of(config, component)) return config;
    if (is_transformer(component) && is_authors_config(config)) {
      return diffusers_transformer_config(config);
    }
  }
  if (component == "vae") return {path, default_vae_config(files)};
  if (component == "image_encoder") return {path, {{"hidden_act", "gelu"}}};
  return {path, {}};
}

}  // namespace zoetrope
