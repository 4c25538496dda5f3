#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "unit/text/tiny_tokenizer.h"

namespace zoetrope {
namespace {

using test::open_tokenizer;
using test::tiny_tokenizer;
using test::with;

// The tiny tokenizer with one thing changed is refused, and the message says what and where.
void expect_refused(const std::string& from, const std::string& to, const std::string& message) {
  EXPECT_ERROR(open_tokenizer(with(tiny_tokenizer(), from, to)), ErrorCode::kCorrupt,
               "tokenizer.json: " + message);
}

TEST(TokenizerJson, NamesWhatIsMissing) {
  expect_refused("\"pre_tokenizer\"", "\"other\"", "'pre_tokenizer' is missing");
  expect_refused("\"model\"", "\"other\"", "'model' is missing");
  expect_refused("\"vocab\"", "\"other\"", "'model.vocab' is missing");
  expect_refused("\"unk_id\"", "\"other\"", "'model.unk_id' is missing");
  expect_refused("\"content\": \"</s>\"", "\"x\": 1", "'added_tokens[0].content' is missing");
  expect_refused("\"</s>\": {", "\"<s>\": {", "'post_processor.special_tokens.</s>' is missing");
}

TEST(TokenizerJson, NamesWhatIsOfTheWrongType) {
  expect_refused("[\"<pad>\", 0]", "[\"<pad>\"]",
                 "'model.vocab[0]' is not a pair of a text and a number");
  expect_refused("[\"<pad>\", 0]", "[1, 0]", "'model.vocab[0]' is not a pair");
  expect_refused("\"unk_id\": 2", "\"unk_id\": \"2\"", "'model.unk_id' is a string");
  expect_refused("\"strip_right\": true", "\"strip_right\": 1",
                 "'normalizer.normalizers[0].strip_right' is an integer (expected a boolean)");
}

TEST(TokenizerJson, NamesKindsItDoesNotKnow) {
  expect_refused("\"Unigram\"", "\"BPE\"", "'model.type' is 'BPE' (expected 'Unigram')");
  expect_refused("\"Strip\"", "\"Lowercase\"",
                 "'normalizer.normalizers[0].type' is 'Lowercase' (supported: ");
  expect_refused("\"Metaspace\"", "\"ByteLevel\"", "'pre_tokenizer.type' is 'ByteLevel'");
  expect_refused("\"TemplateProcessing\"", "\"BertProcessing\"",
                 "'post_processor.type' is 'BertProcessing'");
  expect_refused("\" {2,}\"", "\"\\\\s+\"", "'normalizer.normalizers[1].pattern.Regex' is '\\s+'");
  expect_refused("\"always\"", "\"often\"", "'pre_tokenizer.prepend_scheme' is 'often'");
  expect_refused("\"▁\", \"prepend", "\"ab\", \"prepend",
                 "'pre_tokenizer.replacement' is 'ab' (expected one character)");
}

TEST(TokenizerJson, RefusesNumbersOutOfRange) {
  expect_refused("\"unk_id\": 2", "\"unk_id\": 10", "'model.vocab' has 10 pieces, and 10 is");
  expect_refused("\"unk_id\": 2", "\"unk_id\": -1", "'model.vocab' has 10 pieces, and -1 is");
  expect_refused("\"ids\": [1]", "\"ids\": [12]",
                 "'post_processor.special_tokens.</s>.ids[0]' is 12 (there are 12 tokens)");
  expect_refused("\"id\": 10", "\"id\": 5",
                 "'added_tokens[1].id' is 5, but '<extra_id_0>' has id 10");
  expect_refused("\"bb\"", "\"" + std::string(513, 'b') + "\"",
                 "'model.vocab[8]' is a piece of 513 bytes (at most 512)");
}

TEST(TokenizerJson, RefusesACharsmapThatIsNone) {
  expect_refused(R"("type": "Strip", "strip_left": false)",
                 R"("type": "Precompiled", "precompiled_charsmap": "AAAA")",
                 "'normalizer.normalizers[0].precompiled_charsmap': 3 bytes");
  expect_refused(R"("type": "Strip", "strip_left": false)",
                 R"("type": "Precompiled", "precompiled_charsmap": "A")",
                 "'normalizer.normalizers[0].precompiled_charsmap' has 1 characters of base64");
}

TEST(TokenizerJson, RefusesATemplateWithoutTheText) {
  expect_refused("{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}},", "",
                 "'post_processor.single' holds 0 texts (expected one)");
}

TEST(TokenizerJson, NeedsAnEndOfSequence) {
  EXPECT_ERROR(open_tokenizer(with(tiny_tokenizer(), "\"post_processor\"", "\"other\""),
                              R"({"eos_token": "<end>"})"),
               ErrorCode::kCorrupt, "'model.vocab' lacks the end '<end>'");
}

TEST(TokenizerJson, RefusesAnEmptyFolder) {
  const test::TemporaryFolder folder;
  EXPECT_ERROR(UnigramTokenizer::open(folder.path()), ErrorCode::kCorrupt,
               "no file (expected tokenizer.json or spiece.model)");
}

TEST(TokenizerJson, SurvivesAFileCutAnywhere) {
  const std::string whole = tiny_tokenizer();
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    EXPECT_ERROR(open_tokenizer(whole.substr(0, length)), ErrorCode::kCorrupt, "tokenizer.json: ");
  }
}

}  // namespace
}  // namespace zoetrope
