#include <gtest/gtest.h>

#include "models/umt5/umt5_text_encoder.h"
#include "tiny_umt5.h"

namespace zoetrope::test {
namespace {

/// The starter's tokenizer before a tiny encoder that has a row for each of its tokens.
class TextEncoderTest : public testing::Test {
 protected:
  std::shared_ptr<const UnigramTokenizer> tokenizer_ = std::make_shared<const UnigramTokenizer>(
      UnigramTokenizer::open(ZOETROPE_SOURCE_DIR "/models/starter/tokenizer"));
  std::int64_t length_ = umt5_context_length(*tokenizer_);
  Umt5Folder folder_{"{}", tiny_umt5_shapes(tokenizer_->vocabulary_size())};
  Umt5TextEncoder encoder_{tokenizer_, folder_.load()};
};

TEST_F(TextEncoderTest, PadsTheEncodingOfTheRealTokensWithZeros) {
  const TextEncoding text = encoder_.encode("a red circle");
  const auto ids = tokenizer_->encode("a red circle");
  EXPECT_EQ(text.tokens, static_cast<std::int64_t>(ids.size()));
  EXPECT_EQ(text.cut_tokens, 0);
  ASSERT_EQ(text.context.sizes().vec(), (std::vector<std::int64_t>{1, length_, 24}));
  const Tensor rows = text.context.narrow(1, 0, text.tokens);
  EXPECT_TRUE(at::equal(rows, folder_.load().encode(ids)));
  EXPECT_FALSE(text.context.narrow(1, text.tokens, length_ - text.tokens).any().item<bool>());
}

TEST_F(TextEncoderTest, AnEmptyPromptIsTheEndOfSequenceAlone) {
  const TextEncoding text = encoder_.encode("");
  EXPECT_EQ(text.tokens, 1);
  EXPECT_TRUE(text.context[0][0].any().item<bool>());
  EXPECT_FALSE(text.context.narrow(1, 1, length_ - 1).any().item<bool>());
}

TEST_F(TextEncoderTest, CutsALongPromptBeforeItsEndOfSequenceAndSaysByHowMuch) {
  std::string prompt;
  for (int i = 0; i < 600; ++i) prompt += "a blue square ";
  const TextEncoding text = encoder_.encode(prompt);
  auto ids = tokenizer_->encode(prompt.substr(0, prompt.size() - 1));
  EXPECT_EQ(text.tokens, length_);
  EXPECT_EQ(text.tokens + text.cut_tokens, static_cast<std::int64_t>(ids.size()));
  ids.erase(ids.begin() + length_ - 1, ids.end() - 1);
  EXPECT_EQ(ids.back(), tokenizer_->eos_id());
  EXPECT_TRUE(at::equal(text.context, folder_.load().encode(ids)));
}

TEST_F(TextEncoderTest, CleansThePromptFirst) {
  EXPECT_TRUE(at::equal(encoder_.encode("  a &lt;red&gt;\n circle ").context,
                        encoder_.encode("a <red> circle").context));
}

}  // namespace
}  // namespace zoetrope::test
