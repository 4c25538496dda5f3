#include "core/quote.h"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

TEST(InQuotes, LeavesOrdinaryTextAsItIs) {
  EXPECT_EQ(in_quotes("blocks.0.attn1.to_q.weight"), "'blocks.0.attn1.to_q.weight'");
  EXPECT_EQ(in_quotes("é…漢"), "'é…漢'");
  EXPECT_EQ(in_quotes(""), "''");
  EXPECT_EQ(in_quotes(std::string(kMaxQuotedBytes, 'a')),
            "'" + std::string(kMaxQuotedBytes, 'a') + "'");
}

TEST(InQuotes, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(in_quotes("a\x1b[2Jb\n"), "'a\\u001b[2Jb\\u000a'");
  EXPECT_EQ(in_quotes("\x7f\xc2\x9b\xc2\xa0"), "'\\u007f\\u009b\xc2\xa0'");
  EXPECT_EQ(in_quotes(std::string_view("\0", 1)), "'\\u0000'");
}

TEST(InQuotes, CutsALongTextBetweenTwoCharacters) {
  const std::string before(kMaxQuotedBytes - 1, 'a');
  EXPECT_EQ(in_quotes(before + "漢漢"), "'" + before + "…'");
  EXPECT_LT(in_quotes(std::string(1 << 20, '\x1b')).size(), 6 * kMaxQuotedBytes + 10);
}

TEST(InQuotes, IsShortForBytesThatAreNotUtf8) {
  EXPECT_EQ(in_quotes(std::string(1'000, '\x80')), "'…'");
}

}  // namespace
}  // namespace zoetrope
