#include "checkpoint/part_export.h"

#include <algorithm>
#include <cstdio>

#include "checkpoint/quantised.h"
#include "checkpoint/stored_values.h"
#include "core/files.h"
#include "core/json.h"
#include "core/quote.h"
#include "tensor/shape.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

constexpr std::int64_t kPieceElements = 4 << 20;

DType written_dtype(DType stored, const ExportOptions& options) {
  if (!value_type(stored)) return stored;
  if (options.dtype) return *options.dtype;
  return is_fp8(stored) ? DType::kBF16 : stored;
}

TensorPlace scale_of(const TensorFiles& files, const std::string& name, const TensorInfo& info) {
  for (const std::string& scale : scale_names(name)) {
    const auto entry = files.tensors().find(scale);
    if (entry == files.tensors().end()) continue;
    const TensorInfo& found = *entry->second.info;
    if (value_type(found.dtype) && value_type(info.dtype) &&
        is_scale_shape(found.shape, info.shape)) {
      return entry->second;
    }
    throw Error(ErrorCode::kCorrupt, "convert tensor " + in_quotes(name) + ": its scale is " +
                                         dtype_name(found.dtype) + " " + shape_text(found.shape) +
                                         " (expected one number or one a row)");
  }
  return {};
}

std::string numbered(const std::string& stem, std::size_t number, std::size_t count) {
  char text[32];
  std::snprintf(text, sizeof(text), "-%05zu-of-%05zu", number, count);
  return stem + text + ".safetensors";
}

void write_bytes_of(const TensorPlace& place, AtomicFile& out,
                    const std::function<void(std::uint64_t)>& on_bytes) {
  std::string piece;
  for (std::uint64_t done = 0; done < place.info->bytes; done += piece.size()) {
    piece.resize(std::min<std::uint64_t>(StoredValues::kPieceBytes, place.info->bytes - done));
    place.file->read_part(*place.info, done, piece.size(), piece.data());
    out.write(piece);
    on_bytes(piece.size());
  }
}

}  // namespace

PartExport::PartExport(const TensorFiles& files, std::string stem, const ExportOptions& options)
    : stem_(std::move(stem)) {
  for (const auto& [name, place] : files.tensors()) {
    if (!is_quantisation_data(name)) add(files, name, options);
  }
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shards_[i].name =
        shards_.size() == 1 ? stem_ + ".safetensors" : numbered(stem_, i + 1, shards_.size());
  }
}

void PartExport::add(const TensorFiles& files, const std::string& name,
                     const ExportOptions& options) {
  const TensorPlace place = files.tensors().at(name);
  const TensorToWrite tensor{name, written_dtype(place.info->dtype, options), place.info->shape,
                             nullptr};
  const std::uint64_t bytes = tensor.bytes();
  if (shards_.empty() || (shards_.back().data_bytes > 0 &&
                          shards_.back().data_bytes + bytes > options.max_shard_bytes)) {
    shards_.emplace_back();
  }
  Shard& shard = shards_.back();
  shard.tensors.push_back(tensor);
  shard.sources.push_back({place, scale_of(files, name, *place.info)});
  shard.data_bytes += bytes;
}

std::uint64_t PartExport::total_bytes() const {
  std::uint64_t bytes = 0;
  for (const Shard& shard : shards_) bytes += shard.data_bytes;
  return bytes;
}

std::uint64_t PartExport::missing_bytes(const std::filesystem::path& folder) const {
  std::uint64_t bytes = 0;
  for (const Shard& shard : shards_) {
    if (!is_complete(shard, folder / shard.name)) bytes += shard.data_bytes;
  }
  return bytes;
}

std::string PartExport::start_of(const Shard& shard) {
  // As transformers wants to see it.
  return safetensors_start(shard.tensors, {{"format", "pt"}});
}

// A file has its name only once all of it is on disk; its header says whether it is this one.
bool PartExport::is_complete(const Shard& shard, const std::filesystem::path& file) {
  if (!is_there(file)) return false;
  const InputFile input(file);
  const std::string expected = start_of(shard);
  if (input.size() != expected.size() + shard.data_bytes) return false;
  std::string found(expected.size(), '\0');
  input.read_at(0, found.data(), found.size());
  return found == expected;
}

void PartExport::write(const std::filesystem::path& folder,
                       const std::function<void(std::uint64_t)>& on_bytes) const {
  for (const Shard& shard : shards_) {
    if (is_complete(shard, folder / shard.name)) {
      on_bytes(shard.data_bytes);
    } else {
      write_shard(shard, folder, on_bytes);
    }
  }
  if (shards_.size() > 1) write_index(folder);
}

void PartExport::write_shard(const Shard& shard, const std::filesystem::path& folder,
                             const std::function<void(std::uint64_t)>& on_bytes) const {
  AtomicFile out(folder / shard.name);
  out.write(start_of(shard));
  Tensor piece;
  for (std::size_t i = 0; i < shard.tensors.size(); ++i) {
    const TensorToWrite& tensor = shard.tensors[i];
    const Source& source = shard.sources[i];
    const auto type = value_type(tensor.dtype);
    if (!type) {
      write_bytes_of(source.tensor, out, on_bytes);
      continue;
    }
    const StoredValues stored(source.tensor, source.scale);
    const auto count = static_cast<std::int64_t>(tensor.bytes() / dtype_bytes(tensor.dtype));
    for (std::int64_t done = 0; done < count; done += kPieceElements) {
      const Tensor values = at::empty({std::min(kPieceElements, count - done)}, *type);
      stored.read(done, values, piece);
      if (const std::int64_t index = first_not_finite(values); index >= 0) {
        throw Error(ErrorCode::kNumerical, "convert tensor " + in_quotes(tensor.name) + " from " +
                                               source.tensor.file->path().string() + ": element " +
                                               std::to_string(done + index) + " is not finite in " +
                                               dtype_name(tensor.dtype) +
                                               " (expected finite weights)");
      }
      out.write({static_cast<const char*>(values.const_data_ptr()), values.nbytes()});
      on_bytes(values.nbytes());
    }
  }
  out.commit();
}

void PartExport::write_index(const std::filesystem::path& folder) const {
  Json::Object map;
  for (const Shard& shard : shards_) {
    for (const TensorToWrite& tensor : shard.tensors) map.emplace_back(tensor.name, shard.name);
  }
  const Json::Object index = {{"metadata", Json::Object{{"total_size", total_bytes()}}},
                              {"weight_map", std::move(map)}};
  write_file_atomically(folder / (stem_ + ".safetensors.index.json"), Json(index).dump(2) + "\n");
}

}  // namespace zoetrope
