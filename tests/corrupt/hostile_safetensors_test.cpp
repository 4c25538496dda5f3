// Files that a stranger wrote: each broken rule of the format has a message of its own.

#include <gtest/gtest.h>

#include "checkpoint/safetensors.h"
#include "support/expect_error.h"
#include "support/safetensors_bytes.h"
#include "support/temporary_folder.h"

namespace zoetrope {
namespace {

using test::length_bytes;
using test::safetensors_bytes;

struct HostileFile {
  std::string name;
  std::string bytes;
  std::string message;
};

// A file of one tensor 'a' of 4 bytes whose entry is `entry`.
std::string entry(const std::string& text) { return safetensors_bytes(R"({"a":)" + text + "}", 4); }

std::string shape(const std::string& text) {
  return entry(R"({"dtype":"F32","shape":)" + text + R"(,"data_offsets":[0,4]})");
}

std::string offsets(const std::string& text) {
  return entry(R"({"dtype":"F32","shape":[1],"data_offsets":)" + text + "}");
}

std::string dtype(const std::string& text) {
  return entry(R"({"dtype":)" + text + R"(,"shape":[1],"data_offsets":[0,4]})");
}

std::string named(const std::string& name) {
  return safetensors_bytes(
      R"({")" + name + R"(":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4);
}

// Two tensors of 4 bytes, 'a' and 'b', with these offsets, in `data_bytes` of data.
std::string two(const std::string& a, const std::string& b, std::size_t data_bytes) {
  return safetensors_bytes(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":)" + a +
                               R"(},"b":{"dtype":"F32","shape":[1],"data_offsets":)" + b + "}}",
                           data_bytes);
}

std::string repeated(std::size_t times, const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

std::vector<HostileFile> broken_lengths() {
  const std::string brace(64, ' ');
  return {
      {"Empty", "", "0 bytes (a safetensors file begins with a length of 8 bytes)"},
      {"SevenBytes", std::string(7, '\x01'), "7 bytes"},
      {"LengthOnly", length_bytes(2), "the header length is 2, past the end of the file (8 bytes)"},
      {"LengthZero", length_bytes(0) + "{}", "the header length is 0 (at least 2)"},
      {"LengthOne", length_bytes(1) + "{}", "the header length is 1 (at least 2)"},
      {"LengthPastTheEnd", length_bytes(3) + "{}", "the header length is 3, past the end"},
      {"LengthPastTheLimit", length_bytes(100'000'001) + brace, "(at most 100000000)"},
      {"LengthTwoTo63", length_bytes(std::uint64_t{1} << 63) + brace,
       "the header length is 9223372036854775808 (at most"},
      {"LengthAllOnes", length_bytes(UINT64_MAX) + brace,
       "the header length is 18446744073709551615"},
      {"LengthThatWrapsWithItsOwnEight", length_bytes(UINT64_MAX - 7) + brace,
       "(at most 100000000)"},
      {"HeaderThatOutweighsItsData", safetensors_bytes("{}" + std::string(2 << 20, ' ')),
       "(at most 1310721 in a file of"},
  };
}

std::vector<HostileFile> broken_json() {
  return {
      {"LeadingSpace", safetensors_bytes(" {}"), "does not begin with '{'"},
      {"Array", safetensors_bytes("[]"), "does not begin with '{'"},
      {"ByteOrderMark", safetensors_bytes("\xEF\xBB\xBF{}"), "does not begin with '{'"},
      {"Unclosed", safetensors_bytes("{\"a\""), "not JSON at byte"},
      {"TrailingText", safetensors_bytes("{}x"), "not JSON at byte"},
      {"TwoDocuments", safetensors_bytes("{}{}"), "not JSON at byte"},
      {"Comment", safetensors_bytes("{/*a*/}"), "not JSON at byte"},
      {"TextHiddenBehindNul", safetensors_bytes(std::string("{}\0{", 4)), "NUL at byte 2"},
      {"NotUtf8", named("\xff"), "not UTF-8 at byte 2"},
      {"OverlongUtf8", named("\xc0\xaf"), "not UTF-8 at byte 2"},
      {"LoneSurrogate", named("\\ud800"), "not JSON at byte"},
      {"DuplicateTensor",
       safetensors_bytes(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                         R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                         4),
       "the key 'a' occurs twice"},
      {"DuplicateKeyOfAnEntry",
       entry(R"({"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]})"),
       "the key 'dtype' occurs twice"},
      {"DuplicateByEscape", entry(R"({"dtype":"F32","\u0064type":"F32"})"), "'dtype' occurs twice"},
      {"Deep", safetensors_bytes(R"({"a":)" + std::string(500'000, '[')), "deeper than 4 levels"},
      {"Wide", shape("[" + repeated(500'000, "1,") + "1]"), "500001 dimensions (at most 8)"},
      {"MetadataIsNoObject", safetensors_bytes(R"({"__metadata__":[]})"),
       "__metadata__ is an array (expected an object)"},
      {"MetadataIsNoString", safetensors_bytes(R"({"__metadata__":{"a":1}})"),
       "__metadata__ holds an integer (expected strings)"},
      {"MetadataIsNested", safetensors_bytes(R"({"__metadata__":{"a":{}}})"),
       "__metadata__ holds an object"},
  };
}

std::vector<HostileFile> broken_entries() {
  return {
      {"EntryIsNoObject", entry("[]"), "tensor 'a' is an array (expected an object)"},
      {"EntryIsNull", entry("null"), "tensor 'a' is null"},
      {"UnknownKey", entry(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":0})"),
       "tensor 'a' has a key other than"},
      {"NoDtype", entry(R"({"shape":[1],"data_offsets":[0,4]})"), "tensor 'a' has no dtype"},
      {"NoShape", entry(R"({"dtype":"F32","data_offsets":[0,4]})"), "tensor 'a' has no shape"},
      {"NoOffsets", entry(R"({"dtype":"F32","shape":[1]})"), "tensor 'a' has no data_offsets"},
      {"DtypeIsNoString", dtype("1"), "a dtype that is an integer"},
      {"DtypeUnknown", dtype(R"("F33")"), "dtype 'F33', which is unknown"},
      {"DtypeLowerCase", dtype(R"("f32")"), "dtype 'f32', which is unknown"},
      {"DtypeOfHalfBytes", dtype(R"("F4")"), "dtype 'F4', which is unknown or not supported"},
      {"DtypeWithEscapes", dtype(R"("\u001b[31m")"),
       "tensor 'a' has dtype '\\u001b[31m', which is unknown"},
      {"DtypeLong", dtype('"' + std::string(100'000, 'F') + '"'), "FFF…', which is unknown"},
      {"NameLong", named(std::string(513, 'n')), "name has 513 bytes (at most 512)"},
      {"NameWithNul", named("a\\u0000b"), "name holds a control character"},
      {"NameWithTerminalEscape", named("\\u001b[2J"), "name holds a control character"},
      {"NameWithC1Escape", named("\\u009b2J"), "name holds a control character"},
  };
}

std::vector<HostileFile> broken_shapes() {
  return {
      {"ShapeIsNoArray", shape("1"), "a shape that is an integer"},
      {"ShapeNine", shape("[1,1,1,1,1,1,1,1,1]"), "9 dimensions (at most 8)"},
      {"ShapeNegative", shape("[-1]"), "holds a negative number"},
      {"ShapeMinusZero", shape("[-0]"), "holds a negative number"},
      {"ShapeExponent", shape("[1e0]"), "a number in shape (expected integers)"},
      {"ShapeFraction", shape("[1.0]"), "a number in shape (expected integers)"},
      {"ShapeString", shape(R"(["1"])"), "a string in shape (expected integers)"},
      {"ShapeTrue", shape("[true]"), "a boolean in shape (expected integers)"},
      {"ShapeNested", shape("[[1]]"), "an array in shape"},
      {"ShapeLeadingZero", shape("[01]"), "not JSON at byte"},
      {"ShapeHexadecimal", shape("[0x1]"), "not JSON at byte"},
      {"ShapeTwoTo40AndOne", shape("[1099511627777]"), "a dimension of 1099511627777"},
      {"ShapeTwoTo63", shape("[9223372036854775808]"), "does not fit in 63 bits"},
      {"ShapeTwoTo64", shape("[18446744073709551616]"), "a number in shape"},
      {"ShapeProductWraps", shape("[1099511627776,1099511627776,1]"), "does not fit in 64 bits"},
      // 2^32 * 2^30 elements of 4 bytes are 2^64 bytes, which wraps to 0.
      {"ShapeBytesWrap", shape("[4294967296,1073741824]"), "does not fit in 64 bits"},
      {"ShapeTooSmall", shape("[0]"), "holds 4 bytes (its shape and dtype need 0)"},
      {"ShapeTooLarge", shape("[2]"), "holds 4 bytes (its shape and dtype need 8)"},
      {"ShapeOfExabytes", shape("[1099511627776,1024]"), "holds 4 bytes (its shape"},
  };
}

std::vector<HostileFile> broken_offsets() {
  return {
      {"OffsetsOne", offsets("[0]"), "not an array of two integers"},
      {"OffsetsThree", offsets("[0,4,4]"), "not an array of two integers"},
      {"OffsetsObject", offsets("{}"), "not an array of two integers"},
      {"OffsetsFraction", offsets("[0,4.0]"), "a number in data_offsets"},
      {"OffsetsBackwards", offsets("[4,0]"), "begins at byte 4 and ends before it, at 0"},
      {"OffsetsPastTheEnd", offsets("[0,5]"), "past the end of the file (4 bytes of data)"},
      {"OffsetsFarPastTheEnd", offsets("[9223372036854775800,9223372036854775804]"),
       "past the end of the file"},
      {"OffsetsNegative", offsets("[-4,0]"), "holds a negative number"},
      {"HoleAtTheStart", two("[1,5]", "[5,9]", 9), "tensor 'a' begins 1 bytes after the header"},
      {"HoleBetween", two("[0,4]", "[5,9]", 9), "tensor 'b' begins 1 bytes after the end of 'a'"},
      {"HoleAtTheEnd", two("[0,4]", "[4,8]", 9), "1 bytes after the last tensor (expected none)"},
      {"Overlap", two("[0,4]", "[3,7]", 7), "tensor 'b' overlaps 'a'"},
      {"SameBytes", two("[0,4]", "[0,4]", 4), "tensor 'b' overlaps 'a'"},
      {"DataWithoutTensors", safetensors_bytes("{}", 1), "1 bytes after the last tensor"},
      {"Truncated", two("[0,4]", "[4,8]", 7), "past the end of the file (7 bytes of data)"},
      {"EmptyTensorInsideAnother",
       safetensors_bytes(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                         R"("b":{"dtype":"F32","shape":[0],"data_offsets":[2,2]}})",
                         4),
       "tensor 'b' overlaps 'a'"},
  };
}

std::vector<HostileFile> pickles() {
  std::vector<HostileFile> files = {
      {"PickleInAZip", std::string("PK\x03\x04\x00\x00\x08\x08", 8) + std::string(100, 'x'),
       "it is a pickle"},
      {"PickleOfTwoBytes", "\x80\x02", "it is a pickle"},
  };
  for (char protocol = 2; protocol <= 5; ++protocol) {
    files.push_back({"PickleOfProtocol" + std::to_string(protocol),
                     std::string("\x80") + protocol + "}q\x01(X\x05hello.",
                     "never read; convert it"});
  }
  return files;
}

std::vector<HostileFile> all_files() {
  std::vector<HostileFile> all;
  for (const auto& part : {broken_lengths(), broken_json(), broken_entries(), broken_shapes(),
                           broken_offsets(), pickles()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

class HostileSafetensors : public testing::TestWithParam<HostileFile> {};

TEST_P(HostileSafetensors, IsRefusedByNameAndRule) {
  const test::TemporaryFolder folder;
  const auto path = test::write_bytes(folder.path() / "f.safetensors", GetParam().bytes);
  EXPECT_ERROR(SafetensorsFile{path}, ErrorCode::kCorrupt, GetParam().message);
  EXPECT_ERROR(SafetensorsFile{path}, ErrorCode::kCorrupt, "f.safetensors");
}

INSTANTIATE_TEST_SUITE_P(Files, HostileSafetensors, testing::ValuesIn(all_files()),
                         [](const auto& file) { return file.param.name; });

TEST(HostileSafetensors, WithMoreTextThanWouldBeReadIsRefused) {
  std::string metadata;
  for (int i = 0; i <= 10'000; ++i) metadata += ",\"" + std::to_string(i) + "\":\"\"";
  const std::pair<std::string, const char*> cases[] = {
      {"{\"" + std::string((16 << 20) + 1, 'a') + "\":0}", "a string of more than 16777216 bytes"},
      {"{\"__metadata__\":{" + metadata.substr(1) + "}}", "10001 entries (at most 10000)"}};
  const test::TemporaryFolder folder;
  for (const auto& [header, message] : cases) {
    const auto path = test::write_bytes(folder.path() / "f", safetensors_bytes(header));
    std::filesystem::resize_file(path, 8 * header.size());
    EXPECT_ERROR(SafetensorsFile{path}, ErrorCode::kCorrupt, message);
  }
}

// 100,001 tensors without elements.
TEST(HostileSafetensors, WithTooManyTensorsIsRefused) {
  std::string header = "{";
  for (int i = 0; i <= 100'000; ++i) {
    header += (i == 0 ? "\"" : ",\"") + std::to_string(i) +
              R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  }
  header += "}";
  const test::TemporaryFolder folder;
  const auto path = test::write_bytes(folder.path() / "f", safetensors_bytes(header));
  std::filesystem::resize_file(path, 8 * header.size());
  EXPECT_ERROR(SafetensorsFile{path}, ErrorCode::kCorrupt, "more than 100000 tensors");
}

// Every prefix of a good file is refused, and so is the file with anything after its end.
TEST(HostileSafetensors, CutAnywhereIsRefused) {
  const std::string good = two("[0,4]", "[4,8]", 8);
  const test::TemporaryFolder folder;
  for (std::size_t length = 0; length < good.size(); ++length) {
    const auto path = test::write_bytes(folder.path() / "f", good.substr(0, length));
    EXPECT_ERROR(SafetensorsFile{path}, ErrorCode::kCorrupt, "open ") << length;
  }
  EXPECT_NO_THROW(SafetensorsFile(test::write_bytes(folder.path() / "f", good)));
  EXPECT_ERROR(SafetensorsFile(test::write_bytes(folder.path() / "f", good + " ")),
               ErrorCode::kCorrupt, "1 bytes after the last tensor");
}

}  // namespace
}  // namespace zoetrope
