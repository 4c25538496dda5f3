#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope {

struct TokenizerParts;
class AddedTokenFinder;

/// Turns a text into token ids, the same ids as Hugging Face's `tokenizers` gives for the file.
/// Immutable: one tokenizer may be used by several threads.
class UnigramTokenizer {
 public:
  /// Reads FOLDER/tokenizer.json, else FOLDER/spiece.model, and what FOLDER/tokenizer_config.json
  /// adds to it, if that is there.
  /// Throws Error(kCorrupt) naming the file and the key that is wrong.
  static UnigramTokenizer open(const std::filesystem::path& folder);

  /// The content of a spiece.model; `name` stands for it in messages. Throws Error(kCorrupt).
  static UnigramTokenizer from_spiece(const std::string& content, const std::string& name);

  UnigramTokenizer(UnigramTokenizer&&) noexcept;
  UnigramTokenizer& operator=(UnigramTokenizer&&) noexcept;
  ~UnigramTokenizer();

  /// All ids of `text`, then eos as the file's post-processor has it ("" -> [eos]); nothing is
  /// truncated or padded. Takes time linear in the length.
  /// Throws Error(kUsage) if `text` is not UTF-8.
  std::vector<std::int32_t> encode(std::string_view text) const;

  /// One more than the greatest id.
  std::int64_t vocabulary_size() const;

  std::int32_t eos_id() const;

  /// How many ids the model was made for, eos included; absent if the file sets no limit.
  std::optional<std::int64_t> model_max_length() const { return model_max_length_; }

 private:
  UnigramTokenizer(TokenizerParts parts, std::optional<std::int64_t> model_max_length);

  void encode_raw(std::string_view text, bool first, std::vector<std::int32_t>& ids) const;
  void encode_words(std::string_view text, bool first, std::vector<std::int32_t>& ids) const;
  void encode_metaspaced(std::string_view text, bool first, std::vector<std::int32_t>& ids) const;

  std::unique_ptr<const TokenizerParts> parts_;
  std::unique_ptr<const AddedTokenFinder> raw_tokens_;         // looked for in the text as it is
  std::unique_ptr<const AddedTokenFinder> normalized_tokens_;  // and after normalisation
  std::optional<std::int64_t> model_max_length_;
};

/// At most `max` ids (at least 1): what is too long loses ids before its last, which is eos.
std::vector<std::int32_t> truncate(std::vector<std::int32_t> ids, std::int64_t max);

}  // namespace zoetrope
