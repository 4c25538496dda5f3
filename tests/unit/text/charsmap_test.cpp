#include "text/charsmap.h"

#include <cstdint>

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "text/base64.h"

namespace zoetrope {
namespace {

// A trie of 256 units: the root's children are at their own byte; 'X' has its value at unit 0xD8.
struct Blob {
  std::vector<std::uint32_t> units = std::vector<std::uint32_t>(256);
  std::string replacements = std::string("yes\0", 4);

  Blob() {
    units['X'] = 'X' | 1U << 8 | std::uint32_t{'X' ^ 0xD8} << 10;
    units[0xD8] = 1U << 31;
  }

  std::string bytes() const {
    std::string result;
    const auto add = [&](std::uint32_t word) {
      for (int shift = 0; shift < 32; shift += 8) result += static_cast<char>(word >> shift);
    };
    add(static_cast<std::uint32_t>(units.size() * 4));
    for (const std::uint32_t unit : units) add(unit);
    return result + replacements;
  }
};

void expect_refused(const Blob& blob, const std::string& part) {
  EXPECT_ERROR(Charsmap(blob.bytes(), "read f: 'map'"), ErrorCode::kCorrupt,
               "read f: 'map': " + part);
}

TEST(Charsmap, ReplacesAClusterByItsShortestEntry) {
  const Charsmap map(Blob().bytes(), "");
  EXPECT_EQ(map.normalize("aXb"), "ayesb");
  EXPECT_EQ(map.normalize("X\u0301b"), "yesb");  // three bytes: all of it is replaced
  EXPECT_EQ(map.normalize("X\u0301\u0301\u0301b"), "yes\u0301\u0301\u0301b");  // seven: only X is
  EXPECT_EQ(map.normalize(""), "");
}

TEST(Charsmap, RefusesATrieThatItsBytesDoNotHold) {
  EXPECT_ERROR(Charsmap("abc", "w"), ErrorCode::kCorrupt, "w: 3 bytes");
  EXPECT_ERROR(Charsmap(std::string("\xff\xff\xff\x7f", 4), "w"), ErrorCode::kCorrupt,
               "w: a trie of 2147483647 bytes in the 0 that follow its size");
  EXPECT_ERROR(Charsmap(std::string("\x04\0\0\0abcd", 8), "w"), ErrorCode::kCorrupt,
               "w: a trie of 4 bytes (a multiple of 1024)");
}

TEST(Charsmap, RefusesUnitsThatPointOutside) {
  Blob blob;
  blob.units['X'] = 'X' | 0x3FFU << 10;
  expect_refused(blob, "unit 88 of its trie points at unit 935 (there are 256)");
  blob.units['X'] = 'X' | 1U << 9 | 0x1FFFFFU << 10;
  expect_refused(blob, "unit 88 of its trie points at unit 536870");
}

TEST(Charsmap, RefusesReplacementsThatAreNotThere) {
  Blob blob;
  blob.units[0xD8] = 1U << 31 | 4;
  expect_refused(blob, "unit 216 of its trie names replacement byte 4 (there are 4)");
  blob = Blob();
  blob.replacements = "\xff";
  expect_refused(blob, "its replacements are not UTF-8 at byte 0");
  blob.replacements = "é";
  blob.units[0xD8] = 1U << 31 | 1;
  expect_refused(blob, "unit 216 of its trie names replacement byte 1, which is inside");
  blob = Blob();
  blob.replacements = std::string(300, 'a');
  expect_refused(blob, "the replacement at byte 0 is longer than 256 bytes");
}

TEST(Charsmap, EndsInATrieThatIsACycle) {
  Blob blob;
  blob.units['X'] = 'X' | std::uint32_t{'X'} << 10;  // back to the root's children
  const Charsmap map(blob.bytes(), "");
  EXPECT_EQ(map.normalize("XXXX"), "XXXX");
}

TEST(Base64, DecodesTheVectorsOfItsSpecification) {  // RFC 4648, section 10
  EXPECT_EQ(decode_base64("", ""), "");
  EXPECT_EQ(decode_base64("Zg==", ""), "f");
  EXPECT_EQ(decode_base64("Zm8=", ""), "fo");
  EXPECT_EQ(decode_base64("Zm9v", ""), "foo");
  EXPECT_EQ(decode_base64("Zm9vYmFy", ""), "foobar");
}

TEST(Base64, RefusesOtherCharactersAndLengths) {
  EXPECT_ERROR(decode_base64("Zg=", "read f: 'k'"), ErrorCode::kCorrupt, "read f: 'k' has 3");
  EXPECT_ERROR(decode_base64("Z=9v", "k"), ErrorCode::kCorrupt, "k is not base64 at character 1");
  EXPECT_ERROR(decode_base64("Zg\n=", "k"), ErrorCode::kCorrupt, "k is not base64 at character 2");
}

}  // namespace
}  // namespace zoetrope
