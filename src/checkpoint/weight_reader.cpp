#include "checkpoint/weight_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <set>

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

std::optional<at::ScalarType> scalar_type(DType dtype) {
  switch (dtype) {
    case DType::kF64:
      return at::kDouble;
    case DType::kF32:
      return at::kFloat;
    case DType::kF16:
      return at::kHalf;
    case DType::kBF16:
      return at::kBFloat16;
    default:
      return std::nullopt;
  }
}

// The index of the first element whose exponent bits are all ones (NaN or infinity), or -1.
template <typename Bits>
std::int64_t first_with_exponent(const void* data, std::int64_t count, Bits exponent) {
  constexpr std::int64_t kBlock = 4096;  // a block without a branch is a loop of vectors
  const auto* bits = static_cast<const Bits*>(data);
  for (std::int64_t begin = 0; begin < count; begin += kBlock) {
    const std::int64_t end = std::min(begin + kBlock, count);
    Bits found = 0;
    for (std::int64_t i = begin; i < end; ++i) {
      found |= static_cast<Bits>((bits[i] & exponent) == exponent);
    }
    if (found == 0) continue;
    for (std::int64_t i = begin; i < end; ++i) {
      if ((bits[i] & exponent) == exponent) return i;
    }
  }
  return -1;
}

std::int64_t first_not_finite(const Tensor& tensor) {
  const void* data = tensor.const_data_ptr();
  switch (tensor.scalar_type()) {
    case at::kDouble:
      return first_with_exponent<std::uint64_t>(data, tensor.numel(), 0x7ff0'0000'0000'0000);
    case at::kFloat:
      return first_with_exponent<std::uint32_t>(data, tensor.numel(), 0x7f80'0000);
    case at::kHalf:
      return first_with_exponent<std::uint16_t>(data, tensor.numel(), 0x7c00);
    case at::kBFloat16:
      return first_with_exponent<std::uint16_t>(data, tensor.numel(), 0x7f80);
    default:
      check_failed("a floating-point type", __FILE__, __LINE__);
  }
}

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

}  // namespace

struct WeightReader::State {
  const TensorFiles& files;
  at::ScalarType compute_type;
  Pass pass;
  std::function<void(std::uint64_t)> on_bytes;
  std::set<std::string> taken;
  std::set<std::string> ignored;
  Faults missing{"missing", {}, 0};
  Faults misshaped{"of another shape", {}, 0};
  Faults wrong_type{"of a type that is not supported", {}, 0};

  [[noreturn]] void fail(const std::string& faults) const {
    const auto paths = files.paths();
    const auto where = paths.size() == 1 ? paths.front() : paths.front().parent_path();
    throw Error(ErrorCode::kCorrupt, "load weights from " + where.string() +
                                         ": the tensors are not those of the model:" + faults);
  }

  std::string faults() const { return missing.text() + misshaped.text() + wrong_type.text(); }

  Tensor scratch;  ///< u8, as large as the largest tensor that was converted

  Tensor storage(const TensorInfo& info, const std::string& name, at::ScalarType type);
  Tensor read(const TensorPlace& place, const std::string& name, at::ScalarType type);
};

// Memory for a tensor as it is stored, if it is going to be converted. One piece serves all: freed
// and allocated for each, pieces of many sizes would leave holes in the heap between the weights.
Tensor WeightReader::State::storage(const TensorInfo& info, const std::string& name,
                                    at::ScalarType type) {
  const auto bytes = static_cast<std::int64_t>(info.bytes);
  if (!scratch.defined() || scratch.numel() < bytes) {
    scratch.reset();
    scratch = allocate({bytes}, at::kByte, name);
  }
  return scratch.narrow(0, 0, bytes).view(type).view(info.shape);
}

// The peak is the model and one tensor: only where types differ is there a second copy, of one.
Tensor WeightReader::State::read(const TensorPlace& place, const std::string& name,
                                 at::ScalarType type) {
  const at::ScalarType stored_type = *scalar_type(place.info->dtype);
  const Tensor stored = stored_type == type ? allocate(place.info->shape, type, name)
                                            : storage(*place.info, name, stored_type);
  ZOETROPE_CHECK(stored.nbytes() == place.info->bytes);
  place.file->read(*place.info, stored.data_ptr());
  Tensor result = stored;
  if (stored_type != type) {
    result = allocate(place.info->shape, type, name);
    result.copy_(stored);
  }
  // Looked for after the conversion, in which a value may become infinite.
  if (const std::int64_t index = first_not_finite(result); index >= 0) {
    throw Error(ErrorCode::kCorrupt,
                "load tensor '" + name + "' from " + place.file->path().string() + ": it holds " +
                    value_text(stored.view({-1})[index].item<double>()) + " at element " +
                    std::to_string(index) + " (expected values finite in " + c10::toString(type) +
                    ")");
  }
  if (on_bytes) on_bytes(place.info->bytes);
  return result;
}

WeightReader::WeightReader(const TensorFiles& files, at::ScalarType compute_type, Pass pass,
                           std::function<void(std::uint64_t)> on_bytes)
    : state_(new State{files, compute_type, pass, std::move(on_bytes), {}, {}}) {}

WeightReader::WeightReader(std::shared_ptr<State> state, std::string prefix)
    : state_(std::move(state)), prefix_(std::move(prefix)) {}

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
  state_->taken.insert(full);
  const auto entry = state_->files.tensors().find(full);
  bool fault = true;
  if (entry == state_->files.tensors().end()) {
    state_->missing.add(full + " " + shape_text(shape));
  } else if (const TensorInfo& info = *entry->second.info; shape != at::IntArrayRef(info.shape)) {
    state_->misshaped.add(full + " " + shape_text(info.shape) + " (expected " + shape_text(shape) +
                          ")");
  } else if (!scalar_type(info.dtype)) {
    state_->wrong_type.add(full + " " + dtype_name(info.dtype) +
                           " (expected F32, F16, BF16 or F64)");
  } else {
    fault = false;
  }
  const bool reading = state_->pass == Pass::kRead;
  if (fault && (reading || state_->missing.count > kMaxMissing)) state_->fail(state_->faults());
  if (reading) return state_->read(entry->second, full, type);
  return at::empty(shape, at::TensorOptions().dtype(type).device(at::kMeta));
}

bool WeightReader::has(const std::string& name) const {
  return state_->files.tensors().contains(prefix_ + name);
}

at::ScalarType WeightReader::compute_type() const { return state_->compute_type; }

void WeightReader::ignore(const std::string& name) const { state_->ignored.insert(prefix_ + name); }

void WeightReader::ignore_scope(const std::string& name) const {
  const std::string prefix = prefix_ + name + ".";
  for (const auto& [full, place] : state_->files.tensors()) {
    if (full.starts_with(prefix)) state_->ignored.insert(full);
  }
}

void WeightReader::finish() const {
  Faults extra{"not used by the model", {}, 0};
  for (const auto& [name, place] : state_->files.tensors()) {
    if (!state_->taken.contains(name) && !state_->ignored.contains(name)) {
      extra.add(name + " " + shape_text(place.info->shape));
    }
  }
  if (const std::string faults = state_->faults() + extra.text(); !faults.empty()) {
    state_->fail(faults);
  }
}

}  // namespace zoetrope
