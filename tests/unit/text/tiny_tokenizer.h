#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "support/temporary_folder.h"
#include "text/unigram_tokenizer.h"

namespace zoetrope::test {

/// A tokenizer of ten pieces. The worst score is -4, so an unknown character costs -14.
inline std::string tiny_tokenizer() {
  return R"({
    "added_tokens": [
      {"id": 1, "content": "</s>", "special": true, "normalized": false},
      {"id": 10, "content": "<extra_id_0>", "special": true, "normalized": false}],
    "normalizer": {"type": "Sequence", "normalizers": [
      {"type": "Strip", "strip_left": false, "strip_right": true},
      {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]},
    "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
    "post_processor": {"type": "TemplateProcessing",
      "single": [{"Sequence": {"id": "A", "type_id": 0}},
                 {"SpecialToken": {"id": "</s>", "type_id": 0}}],
      "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}},
    "model": {"type": "Unigram", "unk_id": 2, "byte_fallback": false, "vocab": [
      ["<pad>", 0], ["</s>", 0], ["<unk>", 0], ["▁", -2], ["▁a", -1], ["a", -2.5], ["b", -1],
      ["ab", -1.5], ["bb", -4], ["<0x63>", 0]]}})";
}

/// `text` with the first `from` in it replaced.
inline std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("the text lacks " + from);
  return text.replace(at, from.size(), to);
}

inline void write(const std::filesystem::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary) << content;
}

/// A tokenizer from the content of its tokenizer.json.
inline UnigramTokenizer open_tokenizer(const std::string& tokenizer_json,
                                       const std::string& config = "{}") {
  const TemporaryFolder folder;
  write(folder.path() / "tokenizer.json", tokenizer_json);
  write(folder.path() / "tokenizer_config.json", config);
  return UnigramTokenizer::open(folder.path());
}

}  // namespace zoetrope::test
