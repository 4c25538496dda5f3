#include "text/prompt_cleaning.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace zoetrope {
namespace {

struct Case {
  const char* prompt;
  const char* cleaned;
};

// What diffusers' prompt_clean returns for `prompt`, with ftfy 6.3.1.
void expect_cleaned(std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(clean_prompt(c.prompt), c.cleaned) << c.prompt;
}

TEST(CleanPrompt, StraightensQuotes) { expect_cleaned({{"“He’s”", "\"He's\""}, {"ʼn", "'n"}}); }

TEST(CleanPrompt, TakesLatinLigaturesApart) {
  expect_cleaned({{"ﬂuﬃeﬆ", "fluffiest"}, {"ǅ", "Dž"}, {"ŉ", "'n"}, {"æ", "æ"}});
}

TEST(CleanPrompt, TurnsOtherWidthsIntoTheStandardOnes) {
  expect_cleaned({{"ＬＯＵＤ　ＮＯＩＳＥＳ", "LOUD NOISES"},
                  {"Ｕﾀｰﾝ ﾊﾟ ￥", "Uターン パ ¥"},
                  {"色调艳丽，过曝", "色调艳丽,过曝"}});
}

TEST(CleanPrompt, RemovesTerminalEscapesAndControlCharacters) {
  expect_cleaned({{"\x1b[36;44mblue\x1b[0m", "blue"},
                  {"\x1b[36", "[36"},
                  {"a\x07"
                   "b\u206ac\ufffcd\x7f\ufeff",
                   "abcd"}});
  EXPECT_EQ(clean_prompt(std::string_view("a\0b", 3)), "ab");
}

TEST(CleanPrompt, MakesOneSpaceOfAllWhiteSpace) {
  expect_cleaned({{"a\r\nb\rc\u2028d\u2029e", "a b c d e"},
                  {"\u3000 a\u00a0\u2003b\t", "a b"},
                  {"", ""},
                  {" \n ", ""}});
}

TEST(CleanPrompt, ReadsC1ControlsAsWindows1252) { expect_cleaned({{"e\u0085f", "e…f"}}); }

TEST(CleanPrompt, ComposesCharacters) {
  expect_cleaned({{"e\u0301", "\u00e9"},
                  {"\u1100\u1161\u11a8", "\uac01"},
                  {"\u0958", "\u0915\u093c"},
                  {"q\u0307\u0323", "q\u0323\u0307"}});
}

TEST(CleanPrompt, DecodesCharacterReferences) {
  expect_cleaned({{"&lt;b&gt; &amp;lt;", "<b> <"},
                  {"P&EACUTE;REZ &SZLIG;", "PÉREZ SS"},
                  {"&notit; &notin; &ampx &hellip", "¬it; ∉ &x &hellip"},
                  {"&amp;amp;amp;amp;lt;", "<"},
                  {"&CounterClockwiseContourIntegral;", "∳"},
                  {"&&&; &#;&#x;&", "&&&; &#;&#x;&"}});
}

TEST(CleanPrompt, DecodesNumbersByTheRulesOfHtml) {
  expect_cleaned({{"&#39;&#x1F600;&#128;&#xD800;&#1114112;&#1;&#59;&#9;x", "'😀€\ufffd\ufffd; x"},
                  {"&#99999999999999999999;", "\ufffd"}});
}

TEST(CleanPrompt, TakesTextWithTagsForRealHtmlFromThereOn) {
  expect_cleaned({{"<b> &EACUTE; &eacute;", "<b> &EACUTE; é"},
                  {"<\n&EACUTE;", "< &EACUTE;"},
                  {"&EACUTE;\n<", "É <"}});
}

TEST(CleanPrompt, LeavesTextDecodedInAWrongEncoding) { expect_cleaned({{"cafÃ©", "cafÃ©"}}); }

TEST(CleanPrompt, RefusesWhatIsNotUtf8) {
  EXPECT_ERROR(clean_prompt("a\xff"), ErrorCode::kUsage, "read the prompt: not UTF-8 at byte 1");
}

std::string repeated(std::string_view text, std::size_t bytes) {
  std::string result;
  while (result.size() < bytes) result += text;
  return result;
}

TEST(CleanPrompt, FinishesAMegabyteOfWhatInvitesQuadraticTime) {
  constexpr std::size_t kBytes = 1'000'000;
  EXPECT_EQ(clean_prompt(repeated("a", kBytes)).size(), kBytes);
  // Marks in the wrong order, escapes that do not end, names that do not exist.
  EXPECT_EQ(clean_prompt(repeated("\u0301\u0323", kBytes)).size(), kBytes);
  EXPECT_EQ(clean_prompt(repeated("\x1b[1", kBytes)).size(), 666'668U);
  EXPECT_EQ(clean_prompt(repeated("&aaaaaaa", kBytes)).size(), kBytes);
}

TEST(CleanPrompt, StopsAfterManyLevelsOfEscaping) {
  // Each of 64 passes takes one "amp;" off, and so do the two decodings after them.
  EXPECT_EQ(clean_prompt("&" + repeated("amp;", 4 * 100)), "&" + repeated("amp;", 4 * 34));
}

}  // namespace
}  // namespace zoetrope
