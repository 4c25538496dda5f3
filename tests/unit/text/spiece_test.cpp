#include <cstdint>
#include <cstring>

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "unit/text/tiny_tokenizer.h"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;
using test::write;

std::string varint(std::uint64_t value) {
  std::string result;
  for (; value >= 0x80; value >>= 7) result += static_cast<char>(value | 0x80);
  return result + static_cast<char>(value);
}

std::string number(std::uint32_t field, std::uint64_t value) {
  return varint(field << 3) + varint(value);
}

std::string bytes(std::uint32_t field, const std::string& value) {
  return varint(field << 3 | 2) + varint(value.size()) + value;
}

std::string piece(const std::string& text, float score, std::uint64_t type = 1) {
  std::string raw(4, '\0');
  std::memcpy(raw.data(), &score, 4);
  return bytes(1, bytes(1, text) + varint(2 << 3 | 5) + raw + number(3, type));
}

// <pad> 0, </s> 1, <unk> 2, ▁a 3, b 4, <0xE9> 5.
std::string tiny_spiece() {
  return piece("<pad>", 0, 3) + piece("</s>", 0, 3) + piece("<unk>", 0, 2) + piece("▁a", -1) +
         piece("b", -2) + piece("<0xE9>", 0, 6) + bytes(2, number(3, 1));
}

UnigramTokenizer open_spiece(const std::string& model, const std::string& config = "{}") {
  const test::TemporaryFolder folder;
  write(folder.path() / "spiece.model", model);
  write(folder.path() / "tokenizer_config.json", config);
  return UnigramTokenizer::open(folder.path());
}

void expect_refused(const std::string& model, const std::string& message) {
  EXPECT_ERROR(open_spiece(model), ErrorCode::kCorrupt, "spiece.model: " + message);
}

TEST(Spiece, TokenizesAndAppendsTheEnd) {
  const auto tokenizer = open_spiece(tiny_spiece());
  EXPECT_EQ(tokenizer.encode("ab  a"), (Ids{3, 4, 3, 1}));
  EXPECT_EQ(tokenizer.encode("a<pad>b"), (Ids{3, 0, 2, 4, 1}));
  EXPECT_EQ(tokenizer.eos_id(), 1);
  EXPECT_EQ(tokenizer.vocabulary_size(), 6);
}

TEST(Spiece, HasTheExtraIdsOfItsConfigFromTheEnd) {
  for (const char* config :
       {R"({"extra_ids": 2})", R"({"additional_special_tokens": ["<extra_id_0>", "<extra_id_1>"]})",
        R"({"added_tokens_decoder": {"7": {"content": "<extra_id_0>"},
                                     "6": {"content": "<extra_id_1>"},
                                     "0": {"content": "<pad>"}}})"}) {
    const auto tokenizer = open_spiece(tiny_spiece(), config);
    EXPECT_EQ(tokenizer.encode("<extra_id_0>a<extra_id_1>"), (Ids{7, 3, 6, 1})) << config;
    EXPECT_EQ(tokenizer.vocabulary_size(), 8);
  }
}

TEST(Spiece, RefusesAConfigThatContradictsTheModel) {
  const auto open = [](const char* config) { return open_spiece(tiny_spiece(), config); };
  EXPECT_ERROR(open(R"({"extra_ids": -1})"), ErrorCode::kCorrupt, "'extra_ids' is -1");
  EXPECT_ERROR(open(R"({"extra_ids": 1000000})"), ErrorCode::kCorrupt, "'extra_ids' makes 1000000");
  EXPECT_ERROR(open(R"({"added_tokens_decoder": {"3": {"content": "b"}}})"), ErrorCode::kCorrupt,
               "'added_tokens_decoder.3' is 'b', which is not that piece of the model");
  EXPECT_ERROR(open(R"({"added_tokens_decoder": {"3x": {"content": "b"}}})"), ErrorCode::kCorrupt,
               "'added_tokens_decoder.3x' is not keyed by a token's id");
  EXPECT_ERROR(open(R"({"eos_token": {"content": "<end>"}})"), ErrorCode::kCorrupt,
               "'pieces' lacks the end '<end>'");
}

TEST(Spiece, GivesTheIdsOfTheTokenizerJsonBesideIt) {
  const fs::path starter = ZOETROPE_SOURCE_DIR "/models/starter/tokenizer";
  const test::TemporaryFolder folder;
  fs::copy_file(starter / "spiece.model", folder.path() / "spiece.model");
  const auto from_json = UnigramTokenizer::open(starter);
  const auto from_spiece = UnigramTokenizer::open(folder.path());
  for (const char* text :
       {"", "a red ball moving left on a plain gray background", "ünï 雨 ①", "e\u0301 ﬁ\u0301",
        "A star! “quoted” ﬁ", "  two   spaces  ", "a</s>b <pad><unk>", "\u2581 <0x41>",
        "👩‍👩‍👧 🇩🇪", "a\r\nb\tc\u00a0d"}) {
    EXPECT_EQ(from_spiece.encode(text), from_json.encode(text)) << text;
  }
}

TEST(Spiece, RefusesModelsOfAnotherKind) {
  expect_refused(tiny_spiece() + bytes(2, number(3, 2)),
                 "trainer_spec.model_type is 2 (expected 1, unigram)");
  expect_refused(tiny_spiece() + bytes(2, number(24, 1)),
                 "trainer_spec.treat_whitespace_as_suffix is set");
  expect_refused(tiny_spiece() + bytes(3, number(5, 0)),
                 "normalizer_spec.escape_whitespaces is not set");
}

TEST(Spiece, RefusesPiecesThatAreWrong) {
  expect_refused(tiny_spiece() + piece("x", 0, 7), "piece 6 has type 7 (expected 1 to 6)");
  expect_refused(tiny_spiece() + piece("x", 0, 2), "piece 6 is a second unknown piece");
  expect_refused(tiny_spiece() + piece("\xff", 0), "piece 6 is not UTF-8");
  expect_refused(tiny_spiece() + piece("x", std::numeric_limits<float>::quiet_NaN()),
                 "'pieces[6]' has a score that is not finite");
  expect_refused(tiny_spiece() + piece(std::string(513, 'x'), 0), "'pieces[6]' is a piece of 513");
  expect_refused(piece("a", 0), "'pieces' has 1 pieces, and -1 is the unknown one's id");
  expect_refused("", "'pieces' has no pieces");
}

TEST(Spiece, RefusesBytesThatAreNotProtobuf) {
  expect_refused(std::string(11, '\xff'), "a number of more than 64 bits");
  expect_refused("\x80", "ends inside a number");
  expect_refused(varint(1 << 3 | 2) + varint(1'000'000'000'000) + "a",
                 "field 1 takes 1000000000000 bytes (1 are left)");
  expect_refused(varint(1 << 3 | 3), "field 1 has wire type 3 (expected 0, 1, 2 or 5)");
  expect_refused(number(1, 5), "field 1 has wire type 0 (expected 2)");
  expect_refused(varint(0), "a field of number 0");
  expect_refused(bytes(1, bytes(2, "abcd")), "piece 0: field 2 has wire type 2 (expected 5)");
}

TEST(Spiece, RefusesACharsmapThatIsNone) {
  expect_refused(tiny_spiece() + bytes(3, bytes(2, "abc")),
                 "'normalizer_spec.precompiled_charsmap': 3 bytes");
}

TEST(Spiece, SurvivesAFileCutAnywhere) {
  const std::string whole = tiny_spiece();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    try {
      open_spiece(whole.substr(0, length));  // between fields, what is left may be a whole model
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << length;
    }
  }
}

}  // namespace
}  // namespace zoetrope
