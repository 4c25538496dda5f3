#include "text/unigram_tokenizer.h"

#include <algorithm>

#include "core/check.h"
#include "core/files.h"
#include "core/utf8.h"
#include "text/json_field.h"
#include "text/tokenizer_parts.h"
#include "text/unicode.h"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

// tokenizer_config.json says 1e30 for "no limit".
std::optional<std::int64_t> read_max_length(const JsonField& config) {
  if (!config.has("model_max_length")) return std::nullopt;
  const JsonField length = config.at("model_max_length");
  if (length.number() > 1e9) return std::nullopt;
  const std::int64_t value = length.integer();
  if (value < 1) length.fail(" is " + std::to_string(value) + " (at least 1)");
  return value;
}

// "eos_token" is a text or {"content": text, …}.
std::string read_eos(const JsonField& config) {
  if (!config.has("eos_token")) return "</s>";
  const JsonField token = config.at("eos_token");
  return token.json().is_object() ? token.at("content").text() : token.text();
}

std::unique_ptr<const AddedTokenFinder> finder(const TokenizerParts& parts, bool normalized) {
  std::vector<AddedToken> tokens;
  for (AddedToken token : parts.added_tokens) {
    if (token.normalized != normalized) continue;
    if (normalized) token.content = parts.normalizer.normalize(token.content);
    tokens.push_back(std::move(token));
  }
  return std::make_unique<const AddedTokenFinder>(std::move(tokens));
}

}  // namespace

UnigramTokenizer UnigramTokenizer::open(const fs::path& folder) {
  const fs::path config_file = folder / "tokenizer_config.json";
  Json config;
  if (is_there(config_file)) {
    config = Json::parse(read_text_file(config_file, kMaxTokenizerBytes), config_file.string());
  }
  const JsonField fields(config, config_file.string());
  const fs::path json_file = folder / "tokenizer.json";
  const fs::path spiece_file = folder / "spiece.model";
  const std::string eos = read_eos(fields);
  if (is_there(json_file)) {
    return UnigramTokenizer(read_tokenizer_json(json_file, eos), read_max_length(fields));
  }
  if (is_there(spiece_file)) {
    return UnigramTokenizer(read_spiece(read_text_file(spiece_file, kMaxTokenizerBytes),
                                        spiece_file.string(), eos, config, config_file.string()),
                            read_max_length(fields));
  }
  throw Error(ErrorCode::kCorrupt, "read the tokenizer in " + folder.string() +
                                       ": no file (expected tokenizer.json or spiece.model)");
}

UnigramTokenizer UnigramTokenizer::from_spiece(const std::string& content,
                                               const std::string& name) {
  return UnigramTokenizer(read_spiece(content, name, "</s>", Json(), name), std::nullopt);
}

UnigramTokenizer::UnigramTokenizer(TokenizerParts parts,
                                   std::optional<std::int64_t> model_max_length)
    : parts_(std::make_unique<const TokenizerParts>(std::move(parts))),
      raw_tokens_(finder(*parts_, /*normalized=*/false)),
      normalized_tokens_(finder(*parts_, /*normalized=*/true)),
      model_max_length_(model_max_length) {}

UnigramTokenizer::UnigramTokenizer(UnigramTokenizer&&) noexcept = default;
UnigramTokenizer& UnigramTokenizer::operator=(UnigramTokenizer&&) noexcept = default;
UnigramTokenizer::~UnigramTokenizer() = default;

std::vector<std::int32_t> UnigramTokenizer::encode(std::string_view text) const {
  if (const std::size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) {
    throw Error(ErrorCode::kUsage, "tokenize the text: not UTF-8 at byte " + std::to_string(bad));
  }
  std::vector<std::int32_t> ids = parts_->prefix;
  raw_tokens_->split(text, [&](std::string_view part, const AddedToken* token) {
    if (token != nullptr) {
      ids.push_back(token->id);
    } else {
      encode_raw(part, /*first=*/part.data() == text.data(), ids);
    }
  });
  ids.insert(ids.end(), parts_->suffix.begin(), parts_->suffix.end());
  return ids;
}

void UnigramTokenizer::encode_raw(std::string_view text, bool first,
                                  std::vector<std::int32_t>& ids) const {
  const std::string normalized = parts_->normalizer.normalize(text);
  normalized_tokens_->split(normalized, [&](std::string_view part, const AddedToken* token) {
    if (token != nullptr) {
      ids.push_back(token->id);
    } else {
      encode_words(part, first && part.data() == normalized.data(), ids);
    }
  });
}

void UnigramTokenizer::encode_words(std::string_view text, bool first,
                                    std::vector<std::int32_t>& ids) const {
  if (!parts_->metaspace.split_white_space) {
    encode_metaspaced(text, first, ids);
    return;
  }
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= text.size();) {
    const CodePoint next = at < text.size() ? first_code_point(text.substr(at)) : CodePoint{' ', 1};
    if (is_white_space(next.value)) {
      if (at > begin) encode_metaspaced(text.substr(begin, at - begin), first && begin == 0, ids);
      begin = at + next.bytes;
    }
    at += next.bytes;
  }
}

void UnigramTokenizer::encode_metaspaced(std::string_view text, bool first,
                                         std::vector<std::int32_t>& ids) const {
  const Metaspace& metaspace = parts_->metaspace;
  const std::string& replacement = metaspace.replacement;
  std::string spaced;
  spaced.reserve(text.size() + replacement.size());
  for (const char c : text) c == ' ' ? spaced.append(replacement) : spaced.append(1, c);
  const bool prepend = metaspace.prepend == PrependScheme::kAlways ||
                       (metaspace.prepend == PrependScheme::kFirst && first);
  if (prepend && !spaced.starts_with(replacement)) spaced.insert(0, replacement);
  if (!metaspace.split) {
    parts_->model.encode(spaced, ids);
    return;
  }
  const std::string_view words = spaced;
  for (std::size_t begin = 0; begin < words.size();) {
    const std::size_t end = std::min(words.find(replacement, begin + 1), words.size());
    parts_->model.encode(words.substr(begin, end - begin), ids);
    begin = end;
  }
}

std::int64_t UnigramTokenizer::vocabulary_size() const {
  std::int64_t size = parts_->model.size();
  for (const AddedToken& token : parts_->added_tokens) {
    size = std::max<std::int64_t>(size, token.id + 1);
  }
  return size;
}

std::int32_t UnigramTokenizer::eos_id() const { return parts_->eos_id; }

std::vector<std::int32_t> truncate(std::vector<std::int32_t> ids, std::int64_t max) {
  ZOETROPE_CHECK(max >= 1);
  const auto count = static_cast<std::size_t>(max);
  if (ids.size() > count) {
    ids[count - 1] = ids.back();
    ids.resize(count);
  }
  return ids;
}

}  // namespace zoetrope
