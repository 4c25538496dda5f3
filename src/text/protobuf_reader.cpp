#include "text/protobuf_reader.h"

#include <bit>

#include "zoetrope/error.h"

namespace zoetrope {
namespace {

constexpr std::uint32_t kVarint = 0;
constexpr std::uint32_t kFixed64 = 1;
constexpr std::uint32_t kBytes = 2;
constexpr std::uint32_t kFixed32 = 5;

}  // namespace

void ProtobufReader::fail(const std::string& found) const {
  throw Error(ErrorCode::kCorrupt, "read " + where_ + ": " + found);
}

std::string_view ProtobufReader::take(std::uint64_t count) {
  if (count > rest_.size()) {
    fail("field " + std::to_string(field_) + " takes " + std::to_string(count) + " bytes (" +
         std::to_string(rest_.size()) + " are left)");
  }
  const std::string_view result = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return result;
}

std::uint64_t ProtobufReader::varint() {
  std::uint64_t result = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) fail("ends inside a number");
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == 63 && byte > 1) break;
    result |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return result;
  }
  fail("a number of more than 64 bits");
}

bool ProtobufReader::next() {
  if (rest_.empty()) return false;
  const std::uint64_t tag = varint();
  if (tag >> 3 == 0 || tag >> 32 != 0) fail("a field of number " + std::to_string(tag >> 3));
  field_ = static_cast<std::uint32_t>(tag >> 3);
  type_ = static_cast<std::uint32_t>(tag & 7);
  switch (type_) {
    case kVarint:
      integer_ = varint();
      break;
    case kFixed64:
      bytes_ = take(8);
      break;
    case kBytes:
      bytes_ = take(varint());
      break;
    case kFixed32:
      bytes_ = take(4);
      break;
    default:
      fail("field " + std::to_string(field_) + " has wire type " + std::to_string(type_) +
           " (expected 0, 1, 2 or 5)");
  }
  return true;
}

void ProtobufReader::expect(std::uint32_t type) const {
  if (type_ != type) {
    fail("field " + std::to_string(field_) + " has wire type " + std::to_string(type_) +
         " (expected " + std::to_string(type) + ")");
  }
}

std::uint64_t ProtobufReader::integer() {
  expect(kVarint);
  return integer_;
}

float ProtobufReader::float32() {
  expect(kFixed32);
  std::uint32_t bits = 0;
  for (std::size_t i = 4; i-- > 0;) bits = bits << 8 | static_cast<std::uint8_t>(bytes_[i]);
  return std::bit_cast<float>(bits);
}

std::string_view ProtobufReader::bytes() {
  expect(kBytes);
  return bytes_;
}

}  // namespace zoetrope
