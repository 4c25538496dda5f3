#include <algorithm>
#include <system_error>

#include "checkpoint/quantised.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/safetensors_header.h"
#include "core/checked_math.h"
#include "core/quote.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStems[] = {"diffusion_pytorch_model", "model"};
constexpr std::size_t kMaxShards = 10'000;
constexpr JsonLimits kIndexLimits = {.max_bytes = 64 << 20, .max_depth = 8, .max_values = 200'000};

using Files = std::vector<std::unique_ptr<SafetensorsFile>>;
using Places = std::map<std::string, TensorPlace>;

[[noreturn]] void fail(const fs::path& path, const std::string& found) {
  throw Error(ErrorCode::kCorrupt, "open " + path.string() + ": " + found);
}

// The names of a folder's files, at most 1,000 of them, sorted.
std::vector<std::string> file_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
    if (names.size() == 1'000) break;
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string first_names(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 3); ++i) {
    text += (i == 0 ? "" : ", ") + in_quotes(names[i]);
  }
  return names.size() > 3 ? text + ", …" : text;
}

[[noreturn]] void fail_without_weights(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) fail(folder, "no such folder");
  std::vector<std::string> pickles;
  std::vector<std::string> others;
  for (const std::string& name : file_names(folder)) {
    const std::string extension = fs::path(name).extension().string();
    if (extension == ".safetensors") others.push_back(name);
    for (const char* pickle : {".bin", ".pt", ".pth", ".ckpt", ".pkl"}) {
      if (extension == pickle) pickles.push_back(name);
    }
  }
  if (!others.empty()) {
    fail(folder, "only " + first_names(others) +
                     " (expected model.safetensors or diffusion_pytorch_model.safetensors, or "
                     "shards with their .safetensors.index.json; variants such as .fp16 are not "
                     "supported: rename them)");
  }
  if (!pickles.empty()) fail(folder, "only " + first_names(pickles) + ": " + kPickleRefusal);
  fail(folder,
       "no weights (expected model.safetensors or diffusion_pytorch_model.safetensors, or shards "
       "with their .safetensors.index.json)");
}

// A shard lies beside its index, so anything but a plain name is an attempt to leave the folder.
void check_shard_name(const std::string& name, const fs::path& index) {
  const bool plain =
      name.size() <= 255 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return c >= 0x20 && c != 0x7f && c != '/' && c != '\\';
      });
  if (!plain || name.empty() || name == "." || name == "..") {
    fail(index, "weight_map names a shard that is not a plain file name of this folder");
  }
  if (name.ends_with(".safetensors")) return;
  fail(index, "weight_map names " + in_quotes(name) +
                  " (expected a .safetensors file; pickles are never read)");
}

// Tensor -> shard, as the index says it.
std::map<std::string, std::string> read_index(const fs::path& path) {
  const std::string where = path.string();
  const Json json = Json::parse(read_text_file(path, kIndexLimits.max_bytes), where, kIndexLimits);
  const Json* map = json.find("weight_map");
  if (map == nullptr || !map->is_object()) fail(path, "no object 'weight_map'");
  std::map<std::string, std::string> shard_of;
  for (const auto& [tensor, shard] : map->as_object("")) {
    const std::string& name = shard.as_string("open " + where + ": a value of weight_map");
    check_shard_name(name, path);
    shard_of.emplace(tensor, name);
  }
  if (shard_of.empty()) fail(path, "weight_map is empty");
  return shard_of;
}

// Every tensor of the index is in the shard that it names, and no shard has a tensor that the
// index does not place there.
void check_agreement(const std::map<std::string, std::string>& shard_of,
                     const std::map<std::string, const SafetensorsFile*>& shards,
                     const fs::path& index) {
  for (const auto& [tensor, shard] : shard_of) {
    if (!shards.at(shard)->tensors().contains(tensor)) {
      fail(index, "tensor " + in_quotes(tensor) + " is not in " + in_quotes(shard) +
                      ", where the index places it");
    }
  }
  for (const auto& [shard, file] : shards) {
    for (const auto& [tensor, info] : file->tensors()) {
      const auto entry = shard_of.find(tensor);
      if (entry == shard_of.end()) {
        fail(index, in_quotes(shard) + " holds tensor " + in_quotes(tensor) +
                        ", which the index does not list");
      }
      if (entry->second != shard) {
        fail(index, in_quotes(shard) + " holds tensor " + in_quotes(tensor) +
                        ", which the index places in " + in_quotes(entry->second));
      }
    }
  }
}

Files open_shards(const fs::path& index) {
  const auto shard_of = read_index(index);
  std::map<std::string, const SafetensorsFile*> shards;
  for (const auto& [tensor, shard] : shard_of) shards.emplace(shard, nullptr);
  if (shards.size() > kMaxShards) {
    fail(index,
         std::to_string(shards.size()) + " shards (at most " + std::to_string(kMaxShards) + ")");
  }
  for (const auto& [shard, file] : shards) {
    if (!is_there(index.parent_path() / shard))
      fail(index, "the shard " + in_quotes(shard) + " is missing");
  }
  Files files;
  for (auto& [shard, file] : shards) {
    files.push_back(std::make_unique<SafetensorsFile>(index.parent_path() / shard));
    file = files.back().get();
  }
  check_agreement(shard_of, shards, index);
  return files;
}

Places places_in(const Files& files) {
  Places places;
  for (const auto& file : files) {
    for (const auto& [name, info] : file->tensors()) places[name] = {file.get(), &info};
  }
  return places;
}

}  // namespace

TensorFiles TensorFiles::open_file(const std::filesystem::path& path) {
  TensorFiles result;
  result.files_.push_back(std::make_unique<SafetensorsFile>(path));
  result.tensors_ = places_in(result.files_);
  return result;
}

TensorFiles TensorFiles::open_folder(const std::filesystem::path& folder) {
  for (const std::string stem : kStems) {
    const fs::path file = folder / (stem + ".safetensors");
    if (is_there(file)) return open_file(file);
    const fs::path index = folder / (stem + ".safetensors.index.json");
    if (is_there(index)) return open_index(index);
  }
  fail_without_weights(folder);
}

TensorFiles TensorFiles::open_index(const std::filesystem::path& index) {
  TensorFiles result;
  result.files_ = open_shards(index);
  result.tensors_ = places_in(result.files_);
  return result;
}

TensorFiles TensorFiles::open_path(const std::filesystem::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return open_folder(path);
  return path.extension() == ".json" ? open_index(path) : open_file(path);
}

TensorFiles TensorFiles::renamed(const Renamer& rename) && {
  Places places;
  for (const auto& [name, place] : tensors_) {
    const std::string new_name = rename(name);
    if (new_name.empty()) continue;
    if (!places.emplace(new_name, place).second) {
      fail(place.file->path(), "two tensors are " + in_quotes(new_name) + " of the model, one is " +
                                   in_quotes(name) + " (expected one)");
    }
  }
  tensors_ = std::move(places);
  return std::move(*this);
}

const std::vector<std::int64_t>* TensorFiles::shape_of(const std::string& name) const {
  const auto place = tensors_.find(name);
  return place == tensors_.end() ? nullptr : &place->second.info->shape;
}

std::vector<std::filesystem::path> TensorFiles::paths() const {
  std::vector<fs::path> paths;
  for (const auto& file : files_) paths.push_back(file->path());
  return paths;
}

std::uint64_t TensorFiles::total_bytes() const {
  CheckedSize bytes = 0;
  for (const auto& [name, place] : tensors_) bytes = bytes + place.info->bytes;
  return bytes.value();
}

std::uint64_t TensorFiles::total_parameters() const {
  CheckedSize count = 0;
  for (const auto& [name, place] : tensors_) {
    if (is_quantisation_data(name)) continue;
    count = count + place.info->bytes / dtype_bytes(place.info->dtype);
  }
  return count.value();
}

}  // namespace zoetrope
