#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zoetrope {

/// Walks over the fields of one message in protobuf's wire format, inside its bytes.
///
///   while (reader.next()) { if (reader.field() == 2) score = reader.float32(); }
///
/// A value that is not asked for is skipped. Errors are Error(kCorrupt) "read `where`: …".
/// Source: protobuf.dev/programming-guides/encoding.
class ProtobufReader {
 public:
  ProtobufReader(std::string_view bytes, std::string where)
      : rest_(bytes), where_(std::move(where)) {}

  /// Goes to the next field; false at the end of the message.
  bool next();

  std::uint32_t field() const { return field_; }

  /// The field's value. Throws if the field is of another wire type.
  std::uint64_t integer();
  bool flag() { return integer() != 0; }
  float float32();
  std::string_view bytes();

 private:
  [[noreturn]] void fail(const std::string& found) const;
  void expect(std::uint32_t type) const;
  std::uint64_t varint();
  std::string_view take(std::uint64_t count);

  std::string_view rest_;
  std::string where_;
  std::uint32_t field_ = 0;
  std::uint32_t type_ = 0;
  std::uint64_t integer_ = 0;
  std::string_view bytes_;
};

}  // namespace zoetrope
