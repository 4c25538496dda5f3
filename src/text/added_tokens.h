#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "text/piece_trie.h"

namespace zoetrope {

/// A text that is one token wherever it stands, whatever the model makes of it.
struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool single_word = false;  ///< not next to a word character
  bool lstrip = false;       ///< takes the white space before it along
  bool rstrip = false;       ///< takes the white space after it along
  bool normalized = false;   ///< looked for in the normalised text
};

/// Finds added tokens: the leftmost, and of those the longest.
/// Source: Hugging Face's `tokenizers` (tokenizer/added_vocabulary.rs).
class AddedTokenFinder {
 public:
  AddedTokenFinder() = default;

  /// Tokens with an empty text are never found.
  explicit AddedTokenFinder(std::vector<AddedToken> tokens);

  /// Calls visit(text, token) for the parts of `text` (well-formed UTF-8) in their order; token is
  /// null for what is between tokens. No part is empty.
  void split(std::string_view text,
             const std::function<void(std::string_view, const AddedToken*)>& visit) const;

 private:
  std::vector<AddedToken> tokens_;
  PieceTrie trie_;
};

}  // namespace zoetrope
