#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "text/added_tokens.h"
#include "text/text_normalizer.h"
#include "text/unigram_model.h"

namespace zoetrope {

/// Whether a word that does not begin with the metaspace gets one put before it.
enum class PrependScheme { kAlways, kFirst, kNever };

/// How a normalised text becomes words.
struct Metaspace {
  std::string replacement = "\u2581";  ///< stands for a space
  PrependScheme prepend = PrependScheme::kAlways;
  bool split = true;               ///< a word begins at each replacement
  bool split_white_space = false;  ///< white space separates words, and is dropped, before that
};

/// What a tokenizer's file says, checked.
struct TokenizerParts {
  TextNormalizer normalizer;
  Metaspace metaspace;
  UnigramModel model;
  std::vector<AddedToken> added_tokens;
  std::vector<std::int32_t> prefix;  ///< ids put before the text's
  std::vector<std::int32_t> suffix;  ///< ids put after them: the end of the sequence
  std::int32_t eos_id = 0;
};

/// Reads a `tokenizer.json` of Hugging Face's `tokenizers`: a Unigram model and what surrounds
/// those in T5 tokenizers. `eos` is the end's text if the file has no template that ends in it.
/// Throws Error(kCorrupt) naming the file and the key.
TokenizerParts read_tokenizer_json(const std::filesystem::path& file, const std::string& eos);

/// Reads a SentencePiece model, `content`; `name` stands for it in messages. `config` is the
/// content of tokenizer_config.json or null: it knows the tokens added to the model's pieces
/// (`added_tokens_decoder`, else `extra_ids` and `additional_special_tokens`), and `config_name` is
/// for messages about it. Throws Error(kCorrupt) naming the file and the field.
TokenizerParts read_spiece(const std::string& content, const std::string& name,
                           const std::string& eos, const Json& config,
                           const std::string& config_name);

/// No tokenizer file may be larger: UMT5's tokenizer.json takes 17 MB.
constexpr std::uint64_t kMaxTokenizerBytes = 100'000'000;

}  // namespace zoetrope
