#include "checkpoint/safetensors.h"

#include <algorithm>

#include "checkpoint/safetensors_header.h"
#include "core/check.h"

namespace zoetrope {

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : file_(path) {
  const std::string where = path.string();
  std::string text(std::min<std::uint64_t>(9, file_.size()), '\0');
  file_.read_at(0, text.data(), text.size());
  text.resize(safetensors_header_bytes(text, file_.size(), where));
  file_.read_at(8, text.data(), text.size());

  SafetensorsHeader header = parse_safetensors_header(text, file_.size(), where);
  tensors_ = std::move(header.tensors);
  metadata_ = std::move(header.metadata);
}

void SafetensorsFile::read(const TensorInfo& info, void* destination) const {
  file_.read_at(info.offset, destination, info.bytes);
}

void SafetensorsFile::read_part(const TensorInfo& info, std::uint64_t begin, std::uint64_t bytes,
                                void* destination) const {
  ZOETROPE_CHECK(begin <= info.bytes && bytes <= info.bytes - begin);
  file_.read_at(info.offset + begin, destination, bytes);
}

}  // namespace zoetrope
