#include "checkpoint/weight_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <set>

#include "checkpoint/quantised.h"
#include "checkpoint/stored_values.h"
#include "core/check.h"
#include "tensor/shape.h"

namespace zoetrope {
namespace {

constexpr std::size_t kListed = 20;

// A config that asks for a million layers would otherwise be walked to its end.
constexpr std::size_t kMaxMissing = 10'000;

// Faults of one kind: the first few, and how many there are.
struct Faults {
  const char* kind;
  std::vector<std::string> first;
  std::size_t count = 0;

  void add(const std::string& fault) {
    if (++count <= kListed) first.push_back(fault);
  }

  std::string text() const {
    if (count == 0) return "";
    std::string result = "\n  " + std::to_string(count) + " " + kind + ":";
    for (const std::string& fault : first) result += "\n    " + fault;
    if (count > kListed) result += "\n    and " + std::to_string(count - kListed) + " more";
    return result;
  }
};

std::string value_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return "infinity";
  return std::to_string(value);
}

Tensor allocate(at::IntArrayRef shape, at::ScalarType type, const std::string& name) {
  try {
    return at::empty(shape, at::TensorOptions().dtype(type));
  } catch (const c10::Error&) {
  } catch (const std::bad_alloc&) {
  }
  std::uint64_t bytes = at::elementSize(type);
  for (const std::int64_t dim : shape) bytes *= static_cast<std::uint64_t>(dim);
  throw Error(ErrorCode::kResource,
              "load tensor '" + name + "': no memory for " + std::to_string(bytes) + " bytes");
}

// ATen multiplies sizes and strides unchecked or throws errors of its own; a shape that comes from
// a stranger's config is looked at before ATen sees it.
void check_possible(at::IntArrayRef shape, const std::string& name) {
  std::int64_t bytes = 8;
  for (const std::int64_t dim : shape) {
    if (dim < 0 || __builtin_mul_overflow(bytes, std::max<std::int64_t>(dim, 1), &bytes)) {
      throw Error(ErrorCode::kCorrupt, "load tensor '" + name + "': the config asks for shape " +
                                           shape_text(shape) + ", which cannot be");
    }
  }
}

// Norms are ones, other vectors zeros; matrices and kernels have variance 1 / fan-in. Drawn as
// bytes of a small table, so that 14 billion of them take seconds.
Tensor random_weight(const std::string& name, at::IntArrayRef shape, at::ScalarType type) {
  Tensor result = allocate(shape, type, name);
  const bool vector = std::count_if(shape.begin(), shape.end(), [](auto n) { return n > 1; }) <= 1;
  if (vector) {
    const bool norm = name.ends_with("gamma") || name.ends_with("weight");
    return result.fill_(norm ? 1 : 0);
  }
  const double fan_in = static_cast<double>(result.numel()) / static_cast<double>(shape[0]);
  const Tensor table = (at::randn({65521}, at::kFloat) / std::sqrt(fan_in)).to(type);
  const Tensor flat = result.view({-1});
  for (std::int64_t done = 0; done < flat.numel(); done += table.numel()) {
    const std::int64_t count = std::min(table.numel(), flat.numel() - done);
    flat.narrow(0, done, count).copy_(table.narrow(0, 0, count));
  }
  return result;
}

}  // namespace

struct WeightReader::State {
  std::shared_ptr<const TensorFiles> files;
  at::ScalarType compute_type;
  Pass pass;
  std::function<void(std::uint64_t)> on_bytes;
  std::set<std::string> taken;
  std::set<std::string> ignored;
  Faults missing{"missing", {}, 0};
  Faults misshaped{"of another shape", {}, 0};
  Faults wrong_type{"of a type that is not supported", {}, 0};

  [[noreturn]] void fail(const std::string& faults) const {
    const auto paths = files->paths();
    const auto where = paths.size() == 1 ? paths.front() : paths.front().parent_path();
    throw Error(ErrorCode::kCorrupt, "load weights from " + where.string() +
                                         ": the tensors are not those of the model:" + faults);
  }

  std::string faults() const { return missing.text() + misshaped.text() + wrong_type.text(); }

  Tensor piece;            ///< what of a tensor is being converted
  std::int64_t drawn = 0;  ///< numbers that were drawn instead of read

  std::optional<TensorPlace> take_scale(const std::string& name, const TensorInfo& info);
  Tensor read(const TensorPlace& place, const TensorPlace& scale, const std::string& name,
              at::ScalarType type);
};

// The scale of a tensor, without a file if it has none, or nothing if it can't be its scale.
std::optional<TensorPlace> WeightReader::State::take_scale(const std::string& name,
                                                           const TensorInfo& info) {
  TensorPlace scale;
  for (const std::string& scale_name : scale_names(name)) {
    const auto entry = files->tensors().find(scale_name);
    if (entry == files->tensors().end()) continue;
    taken.insert(scale_name);
    const TensorInfo& found = *entry->second.info;
    if (!value_type(found.dtype)) {
      wrong_type.add(scale_name + " " + dtype_name(found.dtype) + " (expected F32)");
      return std::nullopt;
    }
    if (scale.file != nullptr || !is_scale_shape(found.shape, info.shape)) {
      misshaped.add(scale_name + " " + shape_text(found.shape) +
                    " (expected one scale, of one number or one a row, for " +
                    shape_text(info.shape) + ")");
      return std::nullopt;
    }
    scale = entry->second;
  }
  return scale;
}

// The peak is the model and a piece of one tensor.
Tensor WeightReader::State::read(const TensorPlace& place, const TensorPlace& scale,
                                 const std::string& name, at::ScalarType type) {
  Tensor result = allocate(place.info->shape, type, name);
  const StoredValues stored(place, scale);
  stored.read(0, result, piece);
  // Looked for after the conversion, in which a value may become infinite.
  if (const std::int64_t index = first_not_finite(result); index >= 0) {
    const Tensor value = at::empty({1}, *value_type(place.info->dtype));
    stored.read(index, value, piece);
    throw Error(ErrorCode::kCorrupt,
                "load tensor '" + name + "' from " + place.file->path().string() + ": it holds " +
                    value_text(value.item<double>()) + " at element " + std::to_string(index) +
                    " (expected values finite in " + c10::toString(type) + ")");
  }
  if (on_bytes) on_bytes(place.info->bytes);
  return result;
}

WeightReader::WeightReader(std::shared_ptr<const TensorFiles> files, at::ScalarType compute_type,
                           Pass pass, std::function<void(std::uint64_t)> on_bytes)
    : state_(new State{std::move(files), compute_type, pass, std::move(on_bytes), {}, {}}) {}

WeightReader::WeightReader(const TensorFiles& files, at::ScalarType compute_type, Pass pass,
                           std::function<void(std::uint64_t)> on_bytes)
    : WeightReader(std::shared_ptr<const TensorFiles>(&files, [](const TensorFiles*) {}),
                   compute_type, pass, std::move(on_bytes)) {}

WeightReader::WeightReader(std::shared_ptr<State> state, std::string prefix)
    : state_(std::move(state)), prefix_(std::move(prefix)) {}

WeightReader WeightReader::random(at::ScalarType compute_type) {
  static const TensorFiles none;
  return {none, compute_type, Pass::kRandom};
}

WeightReader WeightReader::scope(const std::string& name) const {
  return {state_, prefix_ + name + "."};
}

Tensor WeightReader::take(const std::string& name, at::IntArrayRef shape) const {
  return take_as(name, shape, state_->compute_type);
}

Tensor WeightReader::take_fp32(const std::string& name, at::IntArrayRef shape) const {
  return take_as(name, shape, at::kFloat);
}

Tensor WeightReader::take_as(const std::string& name, at::IntArrayRef shape,
                             at::ScalarType type) const {
  const std::string full = prefix_ + name;
  check_possible(shape, full);
  if (state_->pass == Pass::kRandom) {
    Tensor weight = random_weight(full, shape, type);
    state_->drawn += weight.numel();
    return weight;
  }
  state_->taken.insert(full);
  const auto entry = state_->files->tensors().find(full);
  std::optional<TensorPlace> scale;
  if (entry == state_->files->tensors().end()) {
    state_->missing.add(full + " " + shape_text(shape));
  } else if (const TensorInfo& info = *entry->second.info; shape != at::IntArrayRef(info.shape)) {
    state_->misshaped.add(full + " " + shape_text(info.shape) + " (expected " + shape_text(shape) +
                          ")");
  } else if (!value_type(info.dtype)) {
    state_->wrong_type.add(full + " " + dtype_name(info.dtype) +
                           " (expected F32, F16, BF16, F64, F8_E4M3 or F8_E5M2)");
  } else {
    scale = state_->take_scale(full, info);
  }
  const bool reading = state_->pass == Pass::kRead;
  if (!scale && (reading || state_->missing.count > kMaxMissing)) state_->fail(state_->faults());
  if (reading) return state_->read(entry->second, *scale, full, type);
  return at::empty(shape, at::TensorOptions().dtype(type).device(at::kMeta));
}

bool WeightReader::has(const std::string& name) const {
  return state_->files->tensors().contains(prefix_ + name);
}

std::int64_t WeightReader::drawn() const { return state_->drawn; }

at::ScalarType WeightReader::compute_type() const { return state_->compute_type; }

bool WeightReader::checking() const { return state_->pass == Pass::kCheck; }

void WeightReader::stop_counting() const { state_->on_bytes = {}; }

void WeightReader::ignore(const std::string& name) const { state_->ignored.insert(prefix_ + name); }

void WeightReader::ignore_scope(const std::string& name) const {
  const std::string prefix = prefix_ + name + ".";
  for (const auto& [full, place] : state_->files->tensors()) {
    if (full.starts_with(prefix)) state_->ignored.insert(full);
  }
}

void WeightReader::finish() const {
  Faults extra{"not used by the model", {}, 0};
  for (const auto& [name, place] : state_->files->tensors()) {
    if (!state_->taken.contains(name) && !state_->ignored.contains(name) &&
        !is_quantisation_note(name)) {
      extra.add(name + " " + shape_text(place.info->shape));
    }
  }
  if (const std::string faults = state_->faults() + extra.text(); !faults.empty()) {
    state_->fail(faults);
  }
}

}  // namespace zoetrope
