#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"

namespace zoetrope {

/// One config.json with typed access. Getters throw Error(kCorrupt) naming file, key and type.
class ConfigFile {
 public:
  explicit ConfigFile(const std::filesystem::path& path);

  /// What a config would say if there were one. `path`: the file that messages name instead, such
  /// as the weights that it was made up for.
  ConfigFile(std::filesystem::path path, Json::Object entries);

  /// The value, or `fallback` where the key is absent or null.
  std::int64_t integer(const std::string& key, std::int64_t fallback) const;
  double number(const std::string& key, double fallback) const;
  bool boolean(const std::string& key, bool fallback) const;
  std::string string(const std::string& key, const std::string& fallback) const;
  std::vector<std::int64_t> integers(const std::string& key) const;  ///< empty if absent or null
  std::vector<double> numbers(const std::string& key) const;
  std::vector<bool> booleans(const std::string& key) const;
  const Json* find(const std::string& key) const;  ///< nullptr if absent or null

  /// All keys, in the order of the file.
  const Json::Object& entries() const;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::string where(const std::string& key) const;
  std::filesystem::path path_;
  Json json_;
};

/// Where a part of a model is when it is not in its folder of the model, and its config.
struct PartPlace {
  std::filesystem::path path;        ///< a .safetensors file, an index of shards, or a folder
  std::optional<ConfigFile> config;  ///< none: `path` is a folder with a config of its own
};

/// What a model consists of: a diffusers folder, as its model_index.json says it, or loose files.
class ModelIndex {
 public:
  /// Throws Error(kCorrupt) "open model DIR: …" if there is no such folder or no
  /// model_index.json in it (with a hint if it looks like an original-layout checkpoint).
  explicit ModelIndex(const std::filesystem::path& folder);

  /// A model without an index: `scalars` is what model_index.json would say, and `places` has every
  /// part. `path` stands for the model in messages and gives it its name.
  ModelIndex(std::filesystem::path path, Json::Object scalars,
             std::map<std::string, PartPlace> places);

  /// The same model with some parts elsewhere.
  void replace(std::map<std::string, PartPlace> places);

  /// The folder, or what stands for the model.
  const std::filesystem::path& folder() const { return folder_; }
  const std::string& pipeline_class() const { return pipeline_class_; }  ///< "WanPipeline"

  /// The class of a component ("UMT5EncoderModel"); empty if absent or [null, null].
  std::string component_class(const std::string& component) const;
  const std::map<std::string, std::string>& components() const { return components_; }

  /// Pipeline scalars such as expand_timesteps and boundary_ratio.
  const ConfigFile& scalars() const { return scalars_; }

  /// Where a component is, whether it is there or not: its folder, or the file in its place.
  std::filesystem::path component_path(const std::string& component) const;

  /// A component's config: FOLDER/`file`, or the one that came with its place.
  ConfigFile component_config(const std::string& component,
                              const std::string& file = "config.json") const;

 private:
  void list_components();

  std::filesystem::path folder_;
  ConfigFile scalars_;
  std::string pipeline_class_;
  std::map<std::string, std::string> components_;
  std::map<std::string, PartPlace> places_;
};

}  // namespace zoetrope
