#include "core/utf8.h"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

TEST(FindInvalidUtf8, AcceptsEveryLength) {
  EXPECT_EQ(find_invalid_utf8("a\u00e9\u4e2d\U0001F600"), std::string_view::npos);
}

TEST(FindInvalidUtf8, PointsAtOverlongFormsSurrogatesAndCutSequences) {
  EXPECT_EQ(find_invalid_utf8("a\xC0\x80"), 1u);
  EXPECT_EQ(find_invalid_utf8("\xE0\x80\x80"), 0u);
  EXPECT_EQ(find_invalid_utf8("\xED\xA0\x80"), 0u);
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0u);
  EXPECT_EQ(find_invalid_utf8("ab\xE4\xB8"), 2u);
  EXPECT_EQ(find_invalid_utf8("\x80"), 0u);
}

}  // namespace
}  // namespace zoetrope
