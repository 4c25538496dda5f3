#pragma once

#include <cstdint>
#include <string>

#include "checkpoint/model_index.h"
#include "checkpoint/safetensors.h"

namespace zoetrope {

/// The sizes of a model, read from the shapes of its tensors, with its config.json as a
/// cross-check: configs found in the wild are not reliable, shapes are. What neither of them says
/// is a default. Every size is checked to be 1 … kMaxSize.
///
/// A tensor that is missing or has another rank isn't reported here: the config's size is used,
/// and loading then lists all that is wrong with the tensors at once.
class SizeReader {
 public:
  static constexpr std::int64_t kMaxSize = 1 << 24;

  SizeReader(const ConfigFile& config, const TensorFiles& files);

  /// The config's integer `key`.
  std::int64_t from_config(const std::string& key, std::int64_t fallback) const;

  /// One size of a tensor's shape of `rank` sizes. Throws Error(kCorrupt) if the config's `key`
  /// is another number.
  struct Axis {
    std::string tensor;
    std::size_t rank;
    std::size_t axis;
  };
  std::int64_t from_shape(const Axis& axis, const std::string& key, std::int64_t fallback) const;

  /// One more than the largest N of the tensors named PREFIX.N.REST. Throws Error(kCorrupt) if the
  /// config's `key` is another number.
  std::int64_t blocks(const std::string& prefix, const std::string& key,
                      std::int64_t fallback) const;

  /// Throws Error(kCorrupt) if the config has `key` and it isn't `found`; the message names the
  /// `tensor` whose shape says so, if it is one tensor's.
  void require_agreement(const std::string& key, std::int64_t found,
                         const std::string& tensor = "") const;

  bool has(const std::string& tensor) const { return files_.shape_of(tensor) != nullptr; }

  /// Throws Error(kCorrupt) "read PATH: FOUND".
  [[noreturn]] void fail(const std::string& found) const;

 private:
  std::int64_t bounded(const std::string& what, std::int64_t value) const;

  const ConfigFile& config_;
  const TensorFiles& files_;
};

}  // namespace zoetrope
