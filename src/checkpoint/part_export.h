#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/safetensors.h"

namespace zoetrope {

/// How tensors are written.
struct ExportOptions {
  std::optional<DType> dtype;  ///< of all floating-point tensors; none: their own, BF16 for fp8
  std::uint64_t max_shard_bytes = 5'000'000'000;
};

/// The weights of one component on their way to a folder as diffusers and transformers save it:
/// STEM.safetensors, or STEM-0000i-of-0000n.safetensors and their index. What is written depends on
/// the tensors and the options alone, so that an interrupted export can go on.
class PartExport {
 public:
  /// `files` must outlive this. Tensors are dequantised; what only says how they were is left out.
  /// Throws Error(kCorrupt) if a scale doesn't fit its tensor.
  PartExport(const TensorFiles& files, std::string stem, const ExportOptions& options);

  std::uint64_t total_bytes() const;

  /// What is still to be written: the bytes of the files that are not in `folder` as they should.
  std::uint64_t missing_bytes(const std::filesystem::path& folder) const;

  /// Writes what is missing, file by file (.part, fsync, rename). `on_bytes` is told of each piece,
  /// and at once of a file that is there already; an exception of its ends the export.
  /// Throws Error(kResource) if a file can't be written, and Error(kNumerical) for a value that is
  /// not finite in its new type.
  void write(const std::filesystem::path& folder,
             const std::function<void(std::uint64_t)>& on_bytes) const;

 private:
  struct Source {
    TensorPlace tensor, scale;
  };
  struct Shard {
    std::string name;
    std::vector<TensorToWrite> tensors;
    std::vector<Source> sources;
    std::uint64_t data_bytes = 0;
  };

  void add(const TensorFiles& files, const std::string& name, const ExportOptions& options);
  static std::string start_of(const Shard& shard);
  static bool is_complete(const Shard& shard, const std::filesystem::path& file);
  void write_shard(const Shard& shard, const std::filesystem::path& folder,
                   const std::function<void(std::uint64_t)>& on_bytes) const;
  void write_index(const std::filesystem::path& folder) const;

  std::string stem_;
  std::vector<Shard> shards_;
};

}  // namespace zoetrope
