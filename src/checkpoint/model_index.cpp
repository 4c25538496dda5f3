#include "checkpoint/model_index.h"

#include <algorithm>
#include <system_error>

#include "core/files.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

constexpr JsonLimits kConfigLimits = {
    .max_bytes = 16 << 20, .max_depth = 32, .max_values = 1'000'000};

[[noreturn]] void fail(const fs::path& folder, const std::string& found) {
  throw Error(ErrorCode::kCorrupt, "open model " + folder.string() + ": " + found);
}

bool has_pickled_weights(const fs::path& folder) {
  std::error_code error;
  int seen = 0;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end && seen < 1'000;
       entry.increment(error), ++seen) {
    if (entry->path().extension() == ".pth") return true;
  }
  return false;
}

// The path of model_index.json, or an error that says what the folder is instead.
fs::path find_index(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) fail(folder, error ? error.message() : "no such folder");
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    fail(folder, "a file (expected a diffusers folder, with model_index.json in it)");
  }
  const fs::path index = folder / "model_index.json";
  if (is_there(index)) return index;
  if (has_pickled_weights(folder) || fs::exists(folder / "configuration.json", ignored)) {
    fail(folder,
         "no model_index.json; it looks like a checkpoint in its authors' own layout (expected the "
         "diffusers layout: get the folder whose name ends in -Diffusers)");
  }
  if (fs::is_directory(folder / "snapshots", ignored)) {
    fail(folder, "no model_index.json; it is a hub cache (expected a folder below its snapshots/)");
  }
  if (fs::exists(folder / "config.json", ignored)) {
    fail(folder,
         "no model_index.json; it looks like a single component or a checkpoint in its authors' "
         "own layout (expected the folder of a whole pipeline, whose name ends in -Diffusers)");
  }
  fail(folder, "no model_index.json (expected a diffusers folder)");
}

// Components are folders of the model: their names are identifiers.
bool is_identifier(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

ConfigFile::ConfigFile(const std::filesystem::path& path)
    : path_(path),
      json_(Json::parse(read_text_file(path, kConfigLimits.max_bytes), path.string(),
                        kConfigLimits)) {
  json_.as_object("read " + path.string() + ": it");
}

ConfigFile::ConfigFile(std::filesystem::path path, Json::Object entries)
    : path_(std::move(path)), json_(std::move(entries)) {}

std::string ConfigFile::where(const std::string& key) const {
  return "read " + path_.string() + ": '" + key + "'";
}

const Json* ConfigFile::find(const std::string& key) const {
  const Json* value = json_.find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

const Json::Object& ConfigFile::entries() const { return json_.as_object(""); }

std::int64_t ConfigFile::integer(const std::string& key, std::int64_t fallback) const {
  const Json* value = find(key);
  return value == nullptr ? fallback : value->as_integer(where(key));
}

double ConfigFile::number(const std::string& key, double fallback) const {
  const Json* value = find(key);
  return value == nullptr ? fallback : value->as_number(where(key));
}

bool ConfigFile::boolean(const std::string& key, bool fallback) const {
  const Json* value = find(key);
  return value == nullptr ? fallback : value->as_bool(where(key));
}

std::string ConfigFile::string(const std::string& key, const std::string& fallback) const {
  const Json* value = find(key);
  return value == nullptr ? fallback : value->as_string(where(key));
}

std::vector<std::int64_t> ConfigFile::integers(const std::string& key) const {
  std::vector<std::int64_t> values;
  const Json* array = find(key);
  if (array == nullptr) return values;
  for (const Json& item : array->as_array(where(key))) {
    values.push_back(item.as_integer(where(key) + "[" + std::to_string(values.size()) + "]"));
  }
  return values;
}

std::vector<double> ConfigFile::numbers(const std::string& key) const {
  std::vector<double> values;
  const Json* array = find(key);
  if (array == nullptr) return values;
  for (const Json& item : array->as_array(where(key))) {
    values.push_back(item.as_number(where(key) + "[" + std::to_string(values.size()) + "]"));
  }
  return values;
}

std::vector<bool> ConfigFile::booleans(const std::string& key) const {
  std::vector<bool> values;
  const Json* array = find(key);
  if (array == nullptr) return values;
  for (const Json& item : array->as_array(where(key))) {
    values.push_back(item.as_bool(where(key) + "[" + std::to_string(values.size()) + "]"));
  }
  return values;
}

ModelIndex::ModelIndex(const std::filesystem::path& folder)
    : folder_(folder),
      scalars_(find_index(folder)),
      pipeline_class_(scalars_.string("_class_name", "")) {
  if (pipeline_class_.empty()) {
    throw Error(ErrorCode::kCorrupt, "read " + scalars_.path().string() +
                                         ": '_class_name' is missing (expected a pipeline class)");
  }
  list_components();
}

ModelIndex::ModelIndex(std::filesystem::path path, Json::Object scalars,
                       std::map<std::string, PartPlace> places)
    : folder_(std::move(path)),
      scalars_(folder_, std::move(scalars)),
      pipeline_class_(scalars_.string("_class_name", "")),
      places_(std::move(places)) {
  list_components();
}

void ModelIndex::replace(std::map<std::string, PartPlace> places) {
  places.merge(places_);
  places_ = std::move(places);
}

void ModelIndex::list_components() {
  for (const auto& [name, value] : scalars_.entries()) {
    if (!is_identifier(name) || !value.is_array()) continue;
    const Json::Array& pair = value.as_array("");
    if (pair.size() == 2 && pair[0].is_string() && pair[1].is_string()) {
      components_.emplace(name, pair[1].as_string(""));
    }
  }
}

std::string ModelIndex::component_class(const std::string& component) const {
  const auto entry = components_.find(component);
  return entry == components_.end() ? "" : entry->second;
}

std::filesystem::path ModelIndex::component_path(const std::string& component) const {
  const auto place = places_.find(component);
  return place == places_.end() ? folder_ / component : place->second.path;
}

ConfigFile ModelIndex::component_config(const std::string& component,
                                        const std::string& file) const {
  const auto place = places_.find(component);
  if (place != places_.end() && place->second.config) return *place->second.config;
  return ConfigFile(component_path(component) / file);
}

}  // namespace zoetrope
