#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/files.h"
#include "core/json.h"

namespace zoetrope {

/// Element types of the safetensors format.
enum class DType {
  kBool,
  kU8,
  kI8,
  kF8E5M2,
  kF8E4M3,
  kI16,
  kU16,
  kF16,
  kBF16,
  kI32,
  kU32,
  kF32,
  kI64,
  kU64,
  kF64
};

/// "BF16"
const char* dtype_name(DType dtype);
std::uint64_t dtype_bytes(DType dtype);

/// One tensor as a header describes it.
struct TensorInfo {
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0;  ///< of the first byte, from the start of the file
  std::uint64_t bytes = 0;
};

/// One .safetensors file: its header, read and checked in full when opened, and its data on
/// request. Every rule of the format and stricter ones of ours are enforced before anything is
/// allocated by a number from the file; each violation has a message of its own that names the
/// file and the tensor. Source: safetensors 0.8 (format.md, tensor.rs).
class SafetensorsFile {
 public:
  /// Throws Error(kCorrupt); pickles are recognised and refused with a hint.
  explicit SafetensorsFile(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return file_.path(); }
  const std::map<std::string, TensorInfo>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  /// Reads a tensor's bytes, `info.bytes` of them. Safe from several threads.
  void read(const TensorInfo& info, void* destination) const;

  /// Reads `bytes` of a tensor's bytes from `begin` on, which must lie within them. Safe from
  /// several threads.
  void read_part(const TensorInfo& info, std::uint64_t begin, std::uint64_t bytes,
                 void* destination) const;

 private:
  InputFile file_;
  std::map<std::string, TensorInfo> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// Where a tensor is.
struct TensorPlace {
  const SafetensorsFile* file = nullptr;
  const TensorInfo* info = nullptr;
};

/// A tensor's name among those of a model, made from its name in the file; empty if the tensor is
/// none of the model's.
using Renamer = std::function<std::string(const std::string&)>;

/// The tensors of a component folder: one file, or shards with their index.
class TensorFiles {
 public:
  /// Finds `STEM.safetensors` or `STEM.safetensors.index.json` in `folder` (stems: model,
  /// diffusion_pytorch_model). Shard names are plain names in the same folder. Throws
  /// Error(kCorrupt) if neither is there (with a hint where only a pickle is), if a shard is
  /// missing, or if index and shards disagree.
  static TensorFiles open_folder(const std::filesystem::path& folder);

  /// A single file.
  static TensorFiles open_file(const std::filesystem::path& path);

  /// The shards of an index, whatever its name before ".json" is. Throws as open_folder does.
  static TensorFiles open_index(const std::filesystem::path& index);

  /// A folder, an index (.json) or a single file: whatever `path` is.
  static TensorFiles open_path(const std::filesystem::path& path);

  /// The same tensors under other names, without those whose new name is empty.
  /// Throws Error(kCorrupt) if two get one name.
  TensorFiles renamed(const Renamer& rename) &&;

  const std::map<std::string, TensorPlace>& tensors() const { return tensors_; }
  /// The shape of a tensor, or nullptr.
  const std::vector<std::int64_t>* shape_of(const std::string& name) const;
  std::vector<std::filesystem::path> paths() const;
  std::uint64_t total_bytes() const;       ///< of tensor data
  std::uint64_t total_parameters() const;  ///< of the model: scales of quantised weights are none

 private:
  std::vector<std::unique_ptr<SafetensorsFile>> files_;
  std::map<std::string, TensorPlace> tensors_;
};

/// A tensor of a file that is to be written.
struct TensorToWrite {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  const void* data = nullptr;

  std::uint64_t bytes() const;
};

/// What a .safetensors file begins with: the length of its header and the header. The data follows
/// in the order of `tensors`.
std::string safetensors_start(const std::vector<TensorToWrite>& tensors,
                              const std::map<std::string, std::string>& metadata);

/// Writes a .safetensors file atomically (.part, fsync, rename).
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata);

}  // namespace zoetrope
