#include "text/unigram_tokenizer.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "unit/text/tiny_tokenizer.h"

namespace zoetrope {
namespace {

using test::open_tokenizer;
using test::tiny_tokenizer;
using test::with;
using Ids = std::vector<std::int32_t>;

constexpr std::int32_t kEos = 1;
constexpr std::int32_t kUnknown = 2;

TEST(UnigramTokenizer, ChoosesThePiecesOfGreatestScore) {
  const auto tokenizer = open_tokenizer(tiny_tokenizer());
  // ▁a b: -1 - 1 against ▁ ab: -2 - 1.5.
  EXPECT_EQ(tokenizer.encode("ab"), (Ids{4, 6, kEos}));
  // ▁a ab: -1 - 1.5 against ▁a a b: -1 - 2.5 - 1.
  EXPECT_EQ(tokenizer.encode("aab"), (Ids{4, 7, kEos}));
  // ▁ b b: -2 - 1 - 1 against ▁ bb: -2 - 4.
  EXPECT_EQ(tokenizer.encode("bb"), (Ids{3, 6, 6, kEos}));
  EXPECT_EQ(tokenizer.encode(""), (Ids{kEos}));
}

TEST(UnigramTokenizer, TakesTheFirstOfEqualPaths) {
  // ▁a a: -1 - 2.5 against ▁ aa: -2 - 1.5; the piece that begins earlier was seen first.
  const auto text = with(tiny_tokenizer(), "[\"bb\", -4]", "[\"aa\", -1.5]");
  EXPECT_EQ(open_tokenizer(text).encode("aa"), (Ids{3, 8, kEos}));
}

TEST(UnigramTokenizer, FusesUnknownNeighbours) {
  EXPECT_EQ(open_tokenizer(tiny_tokenizer()).encode("axyza雨"),
            (Ids{4, kUnknown, 5, kUnknown, kEos}));
}

TEST(UnigramTokenizer, SpellsUnknownTextInBytesIfAllOfThemArePieces) {
  const auto tokenizer =
      open_tokenizer(with(tiny_tokenizer(), "\"byte_fallback\": false", "\"byte_fallback\": true"));
  EXPECT_EQ(tokenizer.encode("accb"), (Ids{4, 9, 9, 6, kEos}));
  EXPECT_EQ(tokenizer.encode("acdb"), (Ids{4, kUnknown, 6, kEos}));
}

TEST(UnigramTokenizer, FindsAddedTokensBeforeAnythingElse) {
  const auto tokenizer = open_tokenizer(tiny_tokenizer());
  EXPECT_EQ(tokenizer.encode("a<extra_id_0>b</s>"), (Ids{4, 10, 3, 6, 1, kEos}));
  EXPECT_EQ(tokenizer.encode("<extra_id_0"), (Ids{3, kUnknown, 5, kUnknown, kEos}));
  EXPECT_EQ(tokenizer.vocabulary_size(), 11);
}

TEST(UnigramTokenizer, StripsAroundAddedTokensThatSaySo) {
  const auto text = with(tiny_tokenizer(), "\"<extra_id_0>\",",
                         "\"<extra_id_0>\", \"lstrip\": true, \"rstrip\": true,");
  EXPECT_EQ(open_tokenizer(text).encode("a\u2003 <extra_id_0>\t b"), (Ids{4, 10, 3, 6, kEos}));
}

TEST(UnigramTokenizer, MatchesSingleWordTokensOnlyBetweenOthers) {
  const auto text = with(tiny_tokenizer(), "\"<extra_id_0>\",", "\"bb\", \"single_word\": true,");
  const auto tokenizer = open_tokenizer(with(text, "\"id\": 10", "\"id\": 8"));
  EXPECT_EQ(tokenizer.encode("abb"), (Ids{4, 6, 6, kEos}));
  EXPECT_EQ(tokenizer.encode("a bb."), (Ids{4, 8, 3, kUnknown, kEos}));
}

TEST(UnigramTokenizer, FindsNormalizedTokensInTheNormalizedText) {
  auto text = with(tiny_tokenizer(), "\"<extra_id_0>\", \"special\": true, \"normalized\": false",
                   "\"b  b\", \"normalized\": true");
  EXPECT_EQ(open_tokenizer(text).encode("ab    b"), (Ids{4, 10, kEos}));
}

TEST(UnigramTokenizer, PutsTheMetaspaceWhereTheSchemeSays) {
  const auto scheme = [](const std::string& to) {
    return open_tokenizer(with(tiny_tokenizer(), "\"prepend_scheme\": \"always\"", to))
        .encode("a<extra_id_0>a");
  };
  EXPECT_EQ(scheme("\"prepend_scheme\": \"always\""), (Ids{4, 10, 4, kEos}));
  EXPECT_EQ(scheme("\"prepend_scheme\": \"first\""), (Ids{4, 10, 5, kEos}));
  EXPECT_EQ(scheme("\"prepend_scheme\": \"never\""), (Ids{5, 10, 5, kEos}));
  EXPECT_EQ(scheme("\"add_prefix_space\": true"), (Ids{4, 10, 4, kEos}));
  EXPECT_EQ(scheme("\"add_prefix_space\": false"), (Ids{5, 10, 5, kEos}));
}

TEST(UnigramTokenizer, HandlesRunsOfSpaces) {
  const auto tokenizer = open_tokenizer(tiny_tokenizer());
  EXPECT_EQ(tokenizer.encode("  a    a   "), (Ids{4, 4, kEos}));
  EXPECT_EQ(tokenizer.encode("a \u2581a"), (Ids{4, 3, 4, kEos}));
  EXPECT_EQ(tokenizer.encode("   "), (Ids{kEos}));
}

TEST(UnigramTokenizer, SplitsAtAllWhiteSpaceWhereThePreTokenizerSaysSo) {
  const auto text = with(
      with(
          tiny_tokenizer(), "{\"type\": \"Metaspace\"",
          R"({"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Metaspace")"),
      "\"always\"}", "\"always\"}]}");
  EXPECT_EQ(open_tokenizer(text).encode("\ta\n a\u3000b"), (Ids{4, 4, 3, 6, kEos}));
}

TEST(UnigramTokenizer, RefusesTextThatIsNotUtf8) {
  EXPECT_ERROR(open_tokenizer(tiny_tokenizer()).encode("a\x80"), ErrorCode::kUsage,
               "not UTF-8 at byte 1");
}

TEST(UnigramTokenizer, FinishesAMegabyteOfOneCharacter) {
  const auto tokenizer = open_tokenizer(tiny_tokenizer());
  constexpr std::size_t kCount = 1'000'000;
  EXPECT_EQ(tokenizer.encode(std::string(kCount, 'b')).size(), kCount + 2);
  EXPECT_EQ(tokenizer.encode(std::string(kCount, 'x')), (Ids{3, kUnknown, kEos}));
  EXPECT_EQ(tokenizer.encode(std::string(kCount, ' ')), (Ids{kEos}));
}

TEST(UnigramTokenizer, ReadsTheModelsLength) {
  const auto length = [](const std::string& config) {
    return open_tokenizer(tiny_tokenizer(), config).model_max_length();
  };
  EXPECT_EQ(length(R"({"model_max_length": 512})"), 512);
  EXPECT_EQ(length(R"({"model_max_length": 1000000000000000019884624838656})"), std::nullopt);
  EXPECT_EQ(length("{}"), std::nullopt);
  EXPECT_ERROR(length(R"({"model_max_length": 0})"), ErrorCode::kCorrupt,
               "tokenizer_config.json: 'model_max_length' is 0 (at least 1)");
}

TEST(Truncate, KeepsTheEndOfTheSequence) {
  EXPECT_EQ(truncate({5, 6, 7, kEos}, 3), (Ids{5, 6, kEos}));
  EXPECT_EQ(truncate({5, kEos}, 1), (Ids{kEos}));
  EXPECT_EQ(truncate({5, kEos}, 2), (Ids{5, kEos}));
  EXPECT_EQ(truncate({kEos}, 64), (Ids{kEos}));
}

// Ids from Hugging Face's tokenizers 0.23.
TEST(StarterTokenizer, GivesTheIdsOfTheReference) {
  const auto tokenizer = UnigramTokenizer::open(ZOETROPE_SOURCE_DIR "/models/starter/tokenizer");
  EXPECT_EQ(tokenizer.encode(""), (Ids{1}));
  EXPECT_EQ(tokenizer.encode("a red ball moving left on a plain gray background"),
            (Ids{260, 284, 271, 261, 300, 266, 260, 264, 289, 263, 1}));
  EXPECT_EQ(tokenizer.encode("ünï 雨 ①"),
            (Ids{279, 199, 192, 398, 199, 179, 279, 237, 159, 172, 279, 405, 1}));
  EXPECT_EQ(tokenizer.encode("  two   spaces  "), (Ids{326, 445, 474, 513, 477, 313, 509, 1}));
  EXPECT_EQ(tokenizer.encode("a</s>b <pad>"), (Ids{260, 1, 444, 0, 1}));
  EXPECT_EQ(tokenizer.encode("<0x41>"), (Ids{279, 69, 1}));
  EXPECT_EQ(tokenizer.encode("e\u0301"), (Ids{279, 199, 173, 1}));
  EXPECT_EQ(tokenizer.eos_id(), 1);
  EXPECT_EQ(tokenizer.vocabulary_size(), 515);
  EXPECT_EQ(tokenizer.model_max_length(), 64);
}

}  // namespace
}  // namespace zoetrope
