#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/piece_trie.h"

namespace zoetrope {

/// The pieces of a unigram language model; a piece's id is its index.
struct UnigramVocabulary {
  std::vector<std::string> pieces;
  std::vector<double> scores;  ///< log-probabilities, one a piece
  std::int64_t unknown_id = 0;
  bool byte_fallback = false;  ///< an unknown text becomes its bytes' pieces, "<0x00>" … "<0xFF>"
};

/// Splits words into the pieces whose scores have the greatest sum.
/// Source: Kudo 2018 (arXiv:1804.10959); sums in double and ties as in Hugging Face's `tokenizers`
/// (models/unigram/model.rs).
class UnigramModel {
 public:
  static constexpr std::size_t kMaxPieces = std::size_t{1} << 21;
  static constexpr std::size_t kMaxPieceBytes = 512;

  UnigramModel() = default;

  /// Throws Error(kCorrupt) if there are no pieces, too many or too long ones, a score that is not
  /// finite or an unknown id that is no piece's; `where` begins the message: "read F: 'model".
  UnigramModel(UnigramVocabulary vocabulary, const std::string& where);

  /// Appends the ids of `word`, which is well-formed UTF-8. Unknown characters cost 10 more than
  /// the worst piece, and neighbours are one unknown piece.
  void encode(std::string_view word, std::vector<std::int32_t>& ids) const;

  /// The id of a piece, or -1.
  std::int32_t find(std::string_view piece) const { return trie_.find(piece); }
  std::int64_t size() const { return static_cast<std::int64_t>(vocabulary_.pieces.size()); }
  std::int32_t unknown_id() const { return static_cast<std::int32_t>(vocabulary_.unknown_id); }

 private:
  // The best split of a text up to some byte: its score and its last piece.
  struct Path {
    double score = 0.0;
    std::size_t start = 0;
    std::int32_t id = -1;
  };

  std::vector<Path> best_paths(std::string_view word) const;
  void append_unknown(std::string_view text, std::vector<std::int32_t>& ids) const;

  UnigramVocabulary vocabulary_;
  PieceTrie trie_;
  double unknown_score_ = 0.0;
  std::array<std::int32_t, 256> byte_ids_{};
};

}  // namespace zoetrope
