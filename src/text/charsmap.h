#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope {

/// SentencePiece's table of character replacements: a double-array trie over byte strings whose
/// values are offsets into a blob of zero-terminated replacements.
/// Source: sentencepiece `normalizer.cc`, and Darts-clone for the units of the trie.
class Charsmap {
 public:
  /// blob: u32 bytes of the trie, the trie (u32 units, little-endian), the replacements.
  /// Every unit that a search can reach is checked here, so that searches need no checks.
  /// Throws Error(kCorrupt); `where` begins the message: "read F: 'normalizer…charsmap'".
  Charsmap(std::string_view blob, const std::string& where);

  /// Replaces grapheme clusters of up to five bytes, and else single characters, in well-formed
  /// UTF-8. As in Hugging Face's `tokenizers` (normalizers/precompiled.rs) the *shortest* entry
  /// that a cluster begins with replaces all of the cluster.
  std::string normalize(std::string_view text) const;

 private:
  void check(const std::string& where) const;
  void check_value(std::uint32_t unit, const std::string& where) const;
  bool append_replacement(std::string_view chunk, std::string& result) const;

  std::vector<std::uint32_t> units_;
  std::string replacements_;
};

}  // namespace zoetrope
