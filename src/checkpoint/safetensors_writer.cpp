#include <set>

#include "checkpoint/safetensors.h"
#include "core/check.h"
#include "core/checked_math.h"

namespace zoetrope {
namespace {

std::string header_text(const std::vector<TensorToWrite>& tensors,
                        const std::map<std::string, std::string>& metadata) {
  Json header(Json::Object{});
  if (!metadata.empty()) {
    Json strings;
    for (const auto& [key, value] : metadata) strings.set(key, value);
    header.set("__metadata__", std::move(strings));
  }
  std::set<std::string> names = {"__metadata__"};
  CheckedSize position = 0;
  for (const TensorToWrite& tensor : tensors) {
    ZOETROPE_CHECK(names.insert(tensor.name).second);
    const CheckedSize end = position + tensor.bytes();
    Json entry;
    entry.set("dtype", dtype_name(tensor.dtype));
    entry.set("shape", Json::Array(tensor.shape.begin(), tensor.shape.end()));
    entry.set("data_offsets", Json::Array{position.value(), end.value()});
    header.set(tensor.name, std::move(entry));
    position = end;
  }
  std::string text = header.dump();
  // Spaces, so that the data begins at a multiple of 8.
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

}  // namespace

std::uint64_t TensorToWrite::bytes() const {
  CheckedSize result = dtype_bytes(dtype);
  for (const std::int64_t dim : shape) {
    ZOETROPE_CHECK(dim >= 0);
    result = result * static_cast<std::uint64_t>(dim);
  }
  return result.value();
}

std::string safetensors_start(const std::vector<TensorToWrite>& tensors,
                              const std::map<std::string, std::string>& metadata) {
  const std::string header = header_text(tensors, metadata);
  const std::uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof(length)) + header;
}

void write_safetensors(const std::filesystem::path& path, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  AtomicFile file(path);
  file.write(safetensors_start(tensors, metadata));
  for (const TensorToWrite& tensor : tensors) {
    file.write({static_cast<const char*>(tensor.data), tensor.bytes()});
  }
  file.commit();
}

}  // namespace zoetrope
