#include "text/unigram_model.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/check.h"
#include "text/unicode.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

constexpr double kUnknownPenalty = 10.0;

void check(const UnigramVocabulary& vocabulary, const std::string& where) {
  const auto fail = [&](const std::string& found) {
    throw Error(ErrorCode::kCorrupt, where + found);
  };
  const std::size_t count = vocabulary.pieces.size();
  if (count == 0) fail("' has no pieces");
  if (count > UnigramModel::kMaxPieces) {
    fail("' has " + std::to_string(count) + " pieces (at most " +
         std::to_string(UnigramModel::kMaxPieces) + ")");
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (vocabulary.pieces[i].size() > UnigramModel::kMaxPieceBytes) {
      fail("[" + std::to_string(i) + "]' is a piece of " +
           std::to_string(vocabulary.pieces[i].size()) + " bytes (at most " +
           std::to_string(UnigramModel::kMaxPieceBytes) + ")");
    }
    if (!std::isfinite(vocabulary.scores[i])) {
      fail("[" + std::to_string(i) + "]' has a score that is not finite");
    }
  }
  if (vocabulary.unknown_id < 0 || vocabulary.unknown_id >= static_cast<std::int64_t>(count)) {
    fail("' has " + std::to_string(count) + " pieces, and " +
         std::to_string(vocabulary.unknown_id) + " is the unknown one's id");
  }
}

}  // namespace

UnigramModel::UnigramModel(UnigramVocabulary vocabulary, const std::string& where)
    : vocabulary_(std::move(vocabulary)) {
  ZOETROPE_CHECK(vocabulary_.pieces.size() == vocabulary_.scores.size());
  check(vocabulary_, where);
  trie_ = PieceTrie(vocabulary_.pieces);
  unknown_score_ =
      *std::min_element(vocabulary_.scores.begin(), vocabulary_.scores.end()) - kUnknownPenalty;
  for (unsigned byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof(name), "<0x%02X>", byte);
    byte_ids_[byte] = trie_.find(name);
  }
}

std::vector<UnigramModel::Path> UnigramModel::best_paths(std::string_view word) const {
  std::vector<Path> paths(word.size() + 1);
  for (std::size_t start = 0; start < word.size();) {
    const double score = paths[start].score;
    const std::size_t character = first_code_point(word.substr(start)).bytes;
    const auto offer = [&](std::size_t length, std::int32_t id, double total) {
      Path& path = paths[start + length];
      if (path.id < 0 || total > path.score) path = {total, start, id};
    };
    bool character_is_piece = false;
    trie_.visit_prefixes(word.substr(start), [&](std::size_t length, std::int32_t id) {
      offer(length, id, vocabulary_.scores[static_cast<std::size_t>(id)] + score);
      if (length == character) character_is_piece = true;
    });
    if (!character_is_piece) offer(character, unknown_id(), unknown_score_ + score);
    start += character;
  }
  return paths;
}

void UnigramModel::encode(std::string_view word, std::vector<std::int32_t>& ids) const {
  const std::vector<Path> paths = best_paths(word);
  std::vector<std::size_t> ends;  // of the pieces, last first
  for (std::size_t end = word.size(); end > 0; end = paths[end].start) ends.push_back(end);
  std::size_t start = 0;
  while (!ends.empty()) {
    const bool unknown = paths[ends.back()].id == unknown_id();
    std::size_t end = ends.back();
    ends.pop_back();
    if (!unknown) {
      ids.push_back(paths[end].id);
    } else {
      for (; !ends.empty() && paths[ends.back()].id == unknown_id(); ends.pop_back()) {
        end = ends.back();
      }
      append_unknown(word.substr(start, end - start), ids);
    }
    start = end;
  }
}

void UnigramModel::append_unknown(std::string_view text, std::vector<std::int32_t>& ids) const {
  // Neighbours that are unknown one by one may be a piece together.
  if (const std::int32_t id = trie_.find(text); id >= 0) {
    ids.push_back(id);
    return;
  }
  const auto id_of = [&](char c) { return byte_ids_[static_cast<std::uint8_t>(c)]; };
  const bool spelled = vocabulary_.byte_fallback &&
                       std::all_of(text.begin(), text.end(), [&](char c) { return id_of(c) >= 0; });
  if (!spelled) {
    ids.push_back(unknown_id());
    return;
  }
  for (const char c : text) ids.push_back(id_of(c));
}

}  // namespace zoetrope
