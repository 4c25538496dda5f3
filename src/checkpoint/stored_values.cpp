#include "checkpoint/stored_values.h"

#include <algorithm>
#include <array>

#include "checkpoint/quantised.h"
#include "core/check.h"

namespace zoetrope {
namespace {

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

std::int64_t elements_of(const TensorInfo& info) {
  return static_cast<std::int64_t>(info.bytes / dtype_bytes(info.dtype));
}

std::vector<float> read_scales(const TensorPlace& scale) {
  const Tensor values = at::empty({elements_of(*scale.info)}, at::kFloat);
  Tensor piece;
  StoredValues(scale, {}).read(0, values, piece);
  const float* data = values.const_data_ptr<float>();
  return {data, data + values.numel()};
}

// One multiplication and one rounding a code, then a look-up an element.
template <typename Value>
void look_up(const std::uint8_t* codes, std::int64_t count, const std::array<float, 256>& values,
             float scale, Value* out) {
  std::array<Value, 256> scaled;
  for (std::size_t code = 0; code < 256; ++code) {
    scaled[code] = static_cast<Value>(values[code] * scale);
  }
  for (std::int64_t i = 0; i < count; ++i) out[i] = scaled[codes[i]];
}

void dequantise(const std::uint8_t* codes, DType dtype, float scale, const Tensor& out) {
  const auto& values = fp8_values(dtype);
  const std::int64_t count = out.numel();
  switch (out.scalar_type()) {
    case at::kFloat:
      return look_up(codes, count, values, scale, out.mutable_data_ptr<float>());
    case at::kHalf:
      return look_up(codes, count, values, scale, out.mutable_data_ptr<at::Half>());
    case at::kBFloat16:
      return look_up(codes, count, values, scale, out.mutable_data_ptr<at::BFloat16>());
    default:
      check_failed("a type to compute in", __FILE__, __LINE__);
  }
}

}  // namespace

std::optional<at::ScalarType> value_type(DType dtype) {
  switch (dtype) {
    case DType::kF64:
      return at::kDouble;
    case DType::kF32:
    case DType::kF8E4M3:
    case DType::kF8E5M2:
      return at::kFloat;
    case DType::kF16:
      return at::kHalf;
    case DType::kBF16:
      return at::kBFloat16;
    default:
      return std::nullopt;
  }
}

bool is_scale_shape(const std::vector<std::int64_t>& scale,
                    const std::vector<std::int64_t>& shape) {
  if (std::ranges::all_of(scale, [](auto size) { return size == 1; }) && scale.size() <= 2) {
    return true;
  }
  if (shape.empty() || scale.empty() || scale[0] != shape[0]) return false;
  return scale.size() == 1 || (scale.size() == 2 && scale[1] == 1);
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

StoredValues::StoredValues(const TensorPlace& tensor, const TensorPlace& scale) : place_(tensor) {
  ZOETROPE_CHECK(value_type(tensor.info->dtype));
  if (scale.file == nullptr) return;
  ZOETROPE_CHECK(is_scale_shape(scale.info->shape, tensor.info->shape));
  scales_ = read_scales(scale);
  if (scales_.empty()) return;  // a tensor without rows
  row_elements_ = elements_of(*tensor.info) / static_cast<std::int64_t>(scales_.size());
}

void StoredValues::read(std::int64_t begin, const Tensor& out, Tensor& piece) const {
  const Tensor flat = out.view({-1});
  const auto element = static_cast<std::int64_t>(dtype_bytes(place_.info->dtype));
  const bool as_stored = scales_.empty() && !is_fp8(place_.info->dtype) &&
                         out.scalar_type() == *value_type(place_.info->dtype);
  if (as_stored) {
    place_.file->read_part(*place_.info, begin * element, out.nbytes(), out.mutable_data_ptr());
    return;
  }
  const std::int64_t most = kPieceBytes / element;
  for (std::int64_t done = 0; done < flat.numel(); done += most) {
    read_piece(begin + done, flat.narrow(0, done, std::min(most, flat.numel() - done)), piece);
  }
}

void StoredValues::read_piece(std::int64_t begin, const Tensor& out, Tensor& piece) const {
  const auto element = static_cast<std::int64_t>(dtype_bytes(place_.info->dtype));
  const std::int64_t bytes = out.numel() * element;
  if (!piece.defined() || piece.numel() < bytes) piece = at::empty({bytes}, at::kByte);
  place_.file->read_part(*place_.info, begin * element, bytes, piece.mutable_data_ptr());
  const Tensor codes = piece.narrow(0, 0, bytes);
  const Tensor stored =
      is_fp8(place_.info->dtype) ? codes : codes.view(*value_type(place_.info->dtype));
  if (scales_.empty() && !is_fp8(place_.info->dtype)) {
    out.copy_(stored);
  } else {
    apply_scale(begin, stored, out);
  }
}

// Row by row where each has a scale of its own; a piece may begin and end within a row.
void StoredValues::apply_scale(std::int64_t begin, const Tensor& stored, const Tensor& out) const {
  const bool by_row = scales_.size() > 1;
  std::int64_t count = 0;
  for (std::int64_t done = 0; done < out.numel(); done += count) {
    const std::int64_t row = by_row ? (begin + done) / row_elements_ : 0;
    const std::int64_t row_end = by_row ? (row + 1) * row_elements_ - begin : out.numel();
    count = std::min(row_end, out.numel()) - done;
    const float scale = scales_.empty() ? 1.0F : scales_[row];
    const Tensor part = out.narrow(0, done, count);
    if (is_fp8(place_.info->dtype)) {
      dequantise(stored.const_data_ptr<std::uint8_t>() + done, place_.info->dtype, scale, part);
    } else {
      part.copy_(stored.narrow(0, done, count).to(at::kFloat).mul_(scale));
    }
  }
}

}  // namespace zoetrope
