#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/json.h"

namespace zoetrope {

/// One config.json with typed access. Getters throw Error(kCorrupt) naming file, key and type.
class ConfigFile {
 public:
  explicit ConfigFile(const std::filesystem::path& path);

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

/// A diffusers pipeline folder: what model_index.json says is in it.
class ModelIndex {
 public:
  /// Throws Error(kCorrupt) "open model DIR: …" if there is no such folder or no
  /// model_index.json in it (with a hint if it looks like an original-layout checkpoint).
  explicit ModelIndex(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }
  const std::string& pipeline_class() const { return pipeline_class_; }  ///< "WanPipeline"

  /// The class of a component ("UMT5EncoderModel"); empty if absent or [null, null].
  std::string component_class(const std::string& component) const;
  const std::map<std::string, std::string>& components() const { return components_; }

  /// Pipeline scalars such as expand_timesteps and boundary_ratio.
  const ConfigFile& scalars() const { return scalars_; }

  /// The folder of a component, whether it is there or not.
  std::filesystem::path component_folder(const std::string& component) const;

 private:
  std::filesystem::path folder_;
  ConfigFile scalars_;
  std::string pipeline_class_;
  std::map<std::string, std::string> components_;
};

}  // namespace zoetrope
