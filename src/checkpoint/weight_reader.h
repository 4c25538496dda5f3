#pragma once

#include <functional>
#include <memory>
#include <string>

#include "checkpoint/safetensors.h"
#include "tensor/tensor.h"

namespace zoetrope {

/// The weights of one component (a transformer, a VAE …), taken by name and shape.
///
/// A module's constructor takes its tensors from a reader; `scope` prefixes the names it uses.
/// Reading happens in two passes over the same constructors (`load_module`): the first only checks
/// names, shapes and types and hands out tensors without storage (device meta), so that every
/// missing, extra or mis-shaped tensor of a checkpoint is listed at once before a byte of weights
/// is read; the second reads each tensor, converts it to the compute type and checks it for NaN.
class WeightReader {
 public:
  enum class Pass { kCheck, kRead, kRandom };

  /// `on_bytes` is told the bytes of each tensor read from disk.
  WeightReader(std::shared_ptr<const TensorFiles> files, at::ScalarType compute_type, Pass pass,
               std::function<void(std::uint64_t)> on_bytes = {});

  /// The same for files that outlive the reader and every module that keeps it.
  WeightReader(const TensorFiles& files, at::ScalarType compute_type, Pass pass,
               std::function<void(std::uint64_t)> on_bytes = {});

  /// Weights that are drawn instead of read, of a size that keeps activations near 1: to measure
  /// how fast a module runs without a checkpoint of it.
  static WeightReader random(at::ScalarType compute_type);

  /// How many numbers were drawn so far.
  std::int64_t drawn() const;

  /// The same weights with `name` and a dot before every name.
  WeightReader scope(const std::string& name) const;

  /// The tensor `name` in the compute type. In the check pass a missing or mis-shaped tensor is
  /// noted and a meta tensor of the expected shape is returned.
  Tensor take(const std::string& name, at::IntArrayRef shape) const;

  /// The same kept in fp32 (norms, modulation tables and the time embedding: wan-spec's islands).
  Tensor take_fp32(const std::string& name, at::IntArrayRef shape) const;

  /// Whether the checkpoint has the tensor, for parts that a checkpoint may lack.
  bool has(const std::string& name) const;

  at::ScalarType compute_type() const;

  /// Whether this is the first pass, in which nothing is read.
  bool checking() const;

  /// Tells nobody of bytes that are read from now on: what a module reads while it runs.
  void stop_counting() const;

  /// Names that may be left over without being an error.
  void ignore(const std::string& name) const;
  /// The same for every name in the scope `name`: a part that this program does not use.
  void ignore_scope(const std::string& name) const;

  /// Throws Error(kCorrupt) listing all faults noted and all tensors that nobody took (the first
  /// 20 of each, with their number).
  void finish() const;

 private:
  struct State;
  WeightReader(std::shared_ptr<State> state, std::string prefix);
  Tensor take_as(const std::string& name, at::IntArrayRef shape, at::ScalarType type) const;

  std::shared_ptr<State> state_;
  std::string prefix_;
};

/// Builds a module on names and shapes alone. `build` is called with a WeightReader and returns the
/// module. Throws Error(kCorrupt) listing every tensor at fault.
template <typename Build>
void check_module(const TensorFiles& files, const Build& build) {
  const WeightReader check(files, at::kFloat, WeightReader::Pass::kCheck);
  build(check);
  check.finish();
}

/// Checks a module's tensors, then builds it with them. The module may keep the reader and read
/// on later.
template <typename Build>
auto load_module(const std::shared_ptr<const TensorFiles>& files, at::ScalarType compute_type,
                 const std::function<void(std::uint64_t)>& on_bytes, const Build& build) {
  check_module(*files, build);
  const WeightReader weights(files, compute_type, WeightReader::Pass::kRead, on_bytes);
  auto module = build(weights);
  weights.stop_counting();
  return module;
}

/// The same for a module that keeps no reader.
template <typename Build>
auto load_module(const TensorFiles& files, at::ScalarType compute_type,
                 const std::function<void(std::uint64_t)>& on_bytes, const Build& build) {
  const std::shared_ptr<const TensorFiles> borrowed(&files, [](const TensorFiles*) {});
  return load_module(borrowed, compute_type, on_bytes, build);
}

}  // namespace zoetrope
