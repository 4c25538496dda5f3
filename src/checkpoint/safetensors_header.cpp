#include "checkpoint/safetensors_header.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "core/checked_math.h"
#include "core/quote.h"
#include "zoetrope/error.h"

namespace zoetrope {

const char* const kPickleRefusal =
    "it is a pickle (pickles can run code when they are loaded and are never read; convert it to "
    "safetensors)";

namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
constexpr std::size_t kMaxTensors = 100'000;
constexpr std::size_t kMaxNameBytes = 512;
constexpr std::size_t kMaxMetadata = 10'000;
constexpr std::size_t kMaxStringBytes = 16 << 20;
constexpr std::size_t kMaxRank = 8;
constexpr std::int64_t kMaxDim = std::int64_t{1} << 40;

// A tensor is at most 14 values (its entry, dtype, shape, 8 sizes, offsets, 2 offsets); the rest
// is for metadata.
constexpr JsonLimits kHeaderLimits = {
    .max_bytes = kMaxHeaderBytes, .max_depth = 4, .max_values = 16 * kMaxTensors};

constexpr std::pair<std::string_view, DType> kDTypes[] = {
    {"BOOL", DType::kBool},      {"U8", DType::kU8},          {"I8", DType::kI8},
    {"F8_E5M2", DType::kF8E5M2}, {"F8_E4M3", DType::kF8E4M3}, {"I16", DType::kI16},
    {"U16", DType::kU16},        {"F16", DType::kF16},        {"BF16", DType::kBF16},
    {"I32", DType::kI32},        {"U32", DType::kU32},        {"F32", DType::kF32},
    {"I64", DType::kI64},        {"U64", DType::kU64},        {"F64", DType::kF64}};

[[noreturn]] void fail(const std::string& where, const std::string& found) {
  throw Error(ErrorCode::kCorrupt, "open " + where + ": " + found);
}

// A zip archive (as torch saves them) or a pickle of protocol 2 to 5. Read as a header length the
// same bytes can be a legal number, so the '{' that a header begins with decides.
bool is_pickle(std::string_view start) {
  if (start.size() > kLengthBytes && start[kLengthBytes] == '{') return false;
  if (start.starts_with(std::string_view("PK\x03\x04", 4))) return true;
  return start.size() >= 2 && start[0] == '\x80' && start[1] >= 2 && start[1] <= 5;
}

// What the JSON parser takes and a header may not have: -0 is the integer 0 to it, and it holds
// several copies of a string while it reads it.
void check_tokens(std::string_view text, const std::string& where) {
  bool in_string = false;
  std::size_t string_begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      in_string = !in_string;
      string_begin = i;
    }
    if (in_string && i - string_begin > kMaxStringBytes) {
      fail(where, "the header holds a string of more than " + std::to_string(kMaxStringBytes) +
                      " bytes at byte " + std::to_string(string_begin));
    }
    if (in_string && text[i] == '\\') ++i;
    if (!in_string && text[i] == '-') {
      fail(where, "the header holds a negative number at byte " + std::to_string(i));
    }
  }
}

// Reads the entry of one tensor; every message names it.
class EntryReader {
 public:
  EntryReader(const std::string& where, const std::string& name, std::uint64_t data_begin,
              std::uint64_t data_bytes)
      : where_(where), name_(name), data_begin_(data_begin), data_bytes_(data_bytes) {}

  TensorInfo read(const Json& entry) const {
    if (!entry.is_object())
      reject("is " + std::string(entry.type_name()) + " (expected an object)");
    for (const auto& [key, value] : entry.as_object("")) {
      if (key != "dtype" && key != "shape" && key != "data_offsets") {
        reject("has a key other than dtype, shape and data_offsets");
      }
    }
    TensorInfo info;
    info.dtype = dtype(member(entry, "dtype"));
    info.shape = shape(member(entry, "shape"));
    read_offsets(member(entry, "data_offsets"), info);
    const std::uint64_t needed = needed_bytes(info);
    if (needed != info.bytes) {
      reject("holds " + std::to_string(info.bytes) + " bytes (its shape and dtype need " +
             std::to_string(needed) + ")");
    }
    return info;
  }

 private:
  [[noreturn]] void reject(const std::string& found) const {
    fail(where_, "tensor '" + name_ + "' " + found);
  }

  const Json& member(const Json& entry, const char* key) const {
    const Json* value = entry.find(key);
    if (value == nullptr) reject(std::string("has no ") + key);
    return *value;
  }

  DType dtype(const Json& json) const {
    if (!json.is_string()) {
      reject("has a dtype that is " + std::string(json.type_name()) + " (expected a string)");
    }
    const std::string& text = json.as_string("");
    for (const auto& [name, dtype] : kDTypes) {
      if (name == text) return dtype;
    }
    reject("has dtype " + in_quotes(text) + ", which is unknown or not supported");
  }

  // Whole numbers only: 1.0 and 1e3 are other types to Json and -0 has been refused before.
  std::int64_t integer(const Json& json, const char* key) const {
    if (!json.is_integer()) {
      reject("has " + std::string(json.type_name()) + " in " + key + " (expected integers)");
    }
    return json.as_integer("");
  }

  std::vector<std::int64_t> shape(const Json& json) const {
    if (!json.is_array()) {
      reject("has a shape that is " + std::string(json.type_name()) + " (expected an array)");
    }
    const Json::Array& items = json.as_array("");
    if (items.size() > kMaxRank) {
      reject("has " + std::to_string(items.size()) + " dimensions (at most " +
             std::to_string(kMaxRank) + ")");
    }
    std::vector<std::int64_t> shape;
    for (const Json& item : items) {
      shape.push_back(integer(item, "shape"));
      if (shape.back() < 0 || shape.back() > kMaxDim) {
        reject("has a dimension of " + std::to_string(shape.back()) + " (0 to " +
               std::to_string(kMaxDim) + ")");
      }
    }
    return shape;
  }

  void read_offsets(const Json& json, TensorInfo& info) const {
    if (!json.is_array() || json.as_array("").size() != 2) {
      reject("has data_offsets that are not an array of two integers");
    }
    const std::int64_t begin = integer(json.as_array("")[0], "data_offsets");
    const std::int64_t end = integer(json.as_array("")[1], "data_offsets");
    if (begin > end) {
      reject("begins at byte " + std::to_string(begin) + " and ends before it, at " +
             std::to_string(end));
    }
    if (static_cast<std::uint64_t>(end) > data_bytes_) {
      reject("ends at byte " + std::to_string(end) + " of the data, past the end of the file (" +
             std::to_string(data_bytes_) + " bytes of data)");
    }
    info.offset = (CheckedSize(data_begin_) + static_cast<std::uint64_t>(begin)).value();
    info.bytes = static_cast<std::uint64_t>(end - begin);
  }

  std::uint64_t needed_bytes(const TensorInfo& info) const {
    try {
      CheckedSize bytes(1);
      for (const std::int64_t dim : info.shape) bytes = bytes * static_cast<std::uint64_t>(dim);
      return (bytes * dtype_bytes(info.dtype)).value();
    } catch (const Error&) {
      reject("has a shape whose size does not fit in 64 bits");
    }
  }

  const std::string& where_;
  const std::string& name_;
  std::uint64_t data_begin_;
  std::uint64_t data_bytes_;
};

void read_metadata(const Json& json, const std::string& where, SafetensorsHeader& header) {
  if (!json.is_object()) {
    fail(where, "__metadata__ is " + std::string(json.type_name()) + " (expected an object)");
  }
  if (const std::size_t count = json.as_object("").size(); count > kMaxMetadata) {
    fail(where, "__metadata__ has " + std::to_string(count) + " entries (at most " +
                    std::to_string(kMaxMetadata) + ")");
  }
  for (const auto& [key, value] : json.as_object("")) {
    if (!value.is_string()) {
      fail(where, "__metadata__ holds " + std::string(value.type_name()) + " (expected strings)");
    }
    header.metadata.emplace(key, value.as_string(""));
  }
}

void check_name(const std::string& name, const std::string& where) {
  if (name.size() > kMaxNameBytes) {
    fail(where, "a tensor's name has " + std::to_string(name.size()) + " bytes (at most " +
                    std::to_string(kMaxNameBytes) + ")");
  }
  if (has_control_character(name)) {
    fail(where, "a tensor's name holds a control character");
  }
}

// The tensors, in the order of their offsets, cover the data without hole or overlap.
void check_coverage(const SafetensorsHeader& header, std::uint64_t data_begin,
                    std::uint64_t file_bytes, const std::string& where) {
  std::vector<const std::pair<const std::string, TensorInfo>*> order;
  order.reserve(header.tensors.size());
  for (const auto& tensor : header.tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::pair(a->second.offset, a->second.bytes) <
           std::pair(b->second.offset, b->second.bytes);
  });

  std::uint64_t position = data_begin;
  const std::string* previous = nullptr;
  for (const auto* tensor : order) {
    const TensorInfo& info = tensor->second;
    if (info.offset > position) {
      fail(where, "tensor '" + tensor->first + "' begins " +
                      std::to_string(info.offset - position) + " bytes after " +
                      (previous == nullptr ? "the header" : "the end of '" + *previous + "'") +
                      " (the data may have no holes)");
    }
    if (info.offset < position) {
      fail(where, "tensor '" + tensor->first + "' overlaps '" + *previous + "'");
    }
    position = info.offset + info.bytes;
    previous = &tensor->first;
  }
  if (position != file_bytes) {
    fail(where,
         std::to_string(file_bytes - position) + " bytes after the last tensor (expected none)");
  }
}

}  // namespace

const char* dtype_name(DType dtype) {
  for (const auto& [name, value] : kDTypes) {
    if (value == dtype) return name.data();
  }
  return "?";
}

std::uint64_t dtype_bytes(DType dtype) {
  switch (dtype) {
    case DType::kBool:
    case DType::kU8:
    case DType::kI8:
    case DType::kF8E5M2:
    case DType::kF8E4M3:
      return 1;
    case DType::kI16:
    case DType::kU16:
    case DType::kF16:
    case DType::kBF16:
      return 2;
    case DType::kI32:
    case DType::kU32:
    case DType::kF32:
      return 4;
    case DType::kI64:
    case DType::kU64:
    case DType::kF64:
      return 8;
  }
  return 0;
}

std::uint64_t safetensors_header_bytes(std::string_view start, std::uint64_t file_bytes,
                                       const std::string& where) {
  if (is_pickle(start)) fail(where, kPickleRefusal);
  if (start.size() < kLengthBytes) {
    fail(where, std::to_string(file_bytes) + " bytes (a safetensors file begins with a length of " +
                    std::to_string(kLengthBytes) + " bytes)");
  }
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t length = 0;
  std::memcpy(&length, start.data(), sizeof(length));
  const std::string found = "the header length is " + std::to_string(length);
  if (length < 2) fail(where, found + " (at least 2)");
  if (length > kMaxHeaderBytes) {
    fail(where, found + " (at most " + std::to_string(kMaxHeaderBytes) + ")");
  }
  if (length > file_bytes - kLengthBytes) {
    fail(where, found + ", past the end of the file (" + std::to_string(file_bytes) + " bytes)");
  }
  // A header that outweighs its data describes nothing that we would load.
  if (const std::uint64_t limit = file_bytes / 8 + (1 << 20); length > limit) {
    fail(where, found + " (at most " + std::to_string(limit) + " in a file of " +
                    std::to_string(file_bytes) + " bytes)");
  }
  return length;
}

SafetensorsHeader parse_safetensors_header(std::string_view text, std::uint64_t file_bytes,
                                           const std::string& where) {
  if (!text.starts_with('{')) fail(where, "the header does not begin with '{'");
  check_tokens(text, where);
  const Json json = Json::parse(text, where, kHeaderLimits);
  const std::uint64_t data_begin = (CheckedSize(text.size()) + kLengthBytes).value();
  const std::uint64_t data_bytes = (CheckedSize(file_bytes) - data_begin).value();

  SafetensorsHeader header;
  for (const auto& [name, entry] : json.as_object(where)) {
    if (name == "__metadata__") {
      read_metadata(entry, where, header);
      continue;
    }
    check_name(name, where);
    if (header.tensors.size() == kMaxTensors) {
      fail(where, "more than " + std::to_string(kMaxTensors) + " tensors");
    }
    header.tensors.emplace(name, EntryReader(where, name, data_begin, data_bytes).read(entry));
  }
  check_coverage(header, data_begin, file_bytes, where);
  return header;
}

}  // namespace zoetrope
