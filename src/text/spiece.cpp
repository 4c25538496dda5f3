#include <charconv>
#include <unordered_map>

#include "core/files.h"
#include "core/utf8.h"
#include "text/json_field.h"
#include "text/protobuf_reader.h"
#include "text/tokenizer_parts.h"

namespace zoetrope {
namespace {

// SentencePiece.Type of sentencepiece_model.proto.
enum class PieceType : std::uint64_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6
};

struct SpieceFile {
  UnigramVocabulary vocabulary{.pieces = {}, .scores = {}, .unknown_id = -1};
  std::vector<AddedToken> added_tokens;
  std::string charsmap;
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
};

void read_piece(std::string_view message, const std::string& file, SpieceFile& model) {
  const std::size_t id = model.vocabulary.pieces.size();
  const std::string where = file + ": piece " + std::to_string(id);
  const auto fail = [&](const std::string& found) {
    throw Error(ErrorCode::kCorrupt, "read " + where + found);
  };
  if (id >= UnigramModel::kMaxPieces) {
    fail(" is one too many (at most " + std::to_string(UnigramModel::kMaxPieces) + ")");
  }
  std::string text;
  float score = 0.0F;
  auto type = PieceType::kNormal;
  ProtobufReader reader(message, where);
  while (reader.next()) {
    if (reader.field() == 1) text = reader.bytes();
    if (reader.field() == 2) score = reader.float32();
    if (reader.field() == 3) type = static_cast<PieceType>(reader.integer());
  }
  if (find_invalid_utf8(text) != std::string_view::npos) fail(" is not UTF-8");
  if (type < PieceType::kNormal || type > PieceType::kByte) {
    fail(" has type " + std::to_string(static_cast<std::uint64_t>(type)) + " (expected 1 to 6)");
  }
  if (type == PieceType::kUnknown) {
    if (model.vocabulary.unknown_id >= 0) fail(" is a second unknown piece");
    model.vocabulary.unknown_id = static_cast<std::int64_t>(id);
  }
  if (type == PieceType::kUnknown || type == PieceType::kControl ||
      type == PieceType::kUserDefined) {
    model.added_tokens.push_back({.content = text, .id = static_cast<std::int32_t>(id)});
  }
  model.vocabulary.pieces.push_back(std::move(text));
  model.vocabulary.scores.push_back(score);
}

void read_trainer(std::string_view message, const std::string& file, SpieceFile& model) {
  ProtobufReader reader(message, file + ": trainer_spec");
  while (reader.next()) {
    if (reader.field() == 3 && reader.integer() != 1) {
      throw Error(ErrorCode::kCorrupt, "read " + file + ": trainer_spec.model_type is " +
                                           std::to_string(reader.integer()) +
                                           " (expected 1, unigram)");
    }
    if (reader.field() == 24 && reader.flag()) {
      throw Error(ErrorCode::kCorrupt,
                  "read " + file + ": trainer_spec.treat_whitespace_as_suffix is set");
    }
    if (reader.field() == 35) model.vocabulary.byte_fallback = reader.flag();
  }
}

void read_normalizer(std::string_view message, const std::string& file, SpieceFile& model) {
  ProtobufReader reader(message, file + ": normalizer_spec");
  while (reader.next()) {
    if (reader.field() == 2) model.charsmap = reader.bytes();
    if (reader.field() == 3) model.add_dummy_prefix = reader.flag();
    if (reader.field() == 4) model.remove_extra_whitespaces = reader.flag();
    if (reader.field() == 5 && !reader.flag()) {
      throw Error(ErrorCode::kCorrupt,
                  "read " + file + ": normalizer_spec.escape_whitespaces is not set");
    }
  }
}

SpieceFile read_model(const std::string& bytes, const std::string& file) {
  SpieceFile model;
  ProtobufReader reader(bytes, file);
  while (reader.next()) {
    if (reader.field() == 1) read_piece(reader.bytes(), file, model);
    if (reader.field() == 2) read_trainer(reader.bytes(), file, model);
    if (reader.field() == 3) read_normalizer(reader.bytes(), file, model);
  }
  return model;
}

const std::string& content_of(const JsonField& token) {
  return token.json().is_object() ? token.at("content").text() : token.text();
}

constexpr std::size_t kMaxConfigTokens = 10'000;  // UMT5's tokenizer_config.json has 300

void check_count(const JsonField& field, std::size_t count) {
  if (count > kMaxConfigTokens) {
    field.fail(" makes " + std::to_string(count) + " tokens (at most " +
               std::to_string(kMaxConfigTokens) + ")");
  }
}

// A token's id is the key of its entry.
std::int32_t read_id(const std::string& key, const JsonField& entry) {
  std::int32_t id = -1;
  const char* end = key.data() + key.size();
  const auto [stop, error] = std::from_chars(key.data(), end, id);
  if (error != std::errc() || stop != end || id < 0 ||
      static_cast<std::size_t>(id) >= UnigramModel::kMaxPieces) {
    entry.fail(" is not keyed by a token's id");
  }
  return id;
}

// added_tokens_decoder: {"256299": {"content": "<extra_id_0>", "lstrip": false, …}, …}
// The model's own special pieces may be in it: their entries say how they are found.
void add_decoder_tokens(const JsonField& decoder, TokenizerParts& parts) {
  const Json::Object& entries = decoder.json().as_object(decoder.where());
  check_count(decoder, entries.size());
  std::unordered_map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < parts.added_tokens.size(); ++i) {
    known.emplace(parts.added_tokens[i].content, i);
  }
  for (const auto& [key, value] : entries) {
    const JsonField entry = decoder.at(key);
    const std::int32_t id = read_id(key, entry);
    const std::string& content = entry.at("content").text();
    if (content.size() > UnigramModel::kMaxPieceBytes) {
      entry.at("content").fail(" has more than " + std::to_string(UnigramModel::kMaxPieceBytes) +
                               " bytes");
    }
    const std::int32_t piece = parts.model.find(content);
    if (piece >= 0 ? piece != id : id < parts.model.size()) {
      entry.fail(" is " + in_quotes(content) + ", which is not that piece of the model");
    }
    const auto [at, is_new] = known.emplace(content, parts.added_tokens.size());
    if (is_new) parts.added_tokens.emplace_back();
    parts.added_tokens[at->second] = {content,
                                      id,
                                      entry.flag_or("single_word", false),
                                      entry.flag_or("lstrip", false),
                                      entry.flag_or("rstrip", false),
                                      entry.flag_or("normalized", false)};
  }
}

// <extra_id_0> has the last of the ids that follow the model's, as in every T5 tokenizer.
void add_extra_ids(const JsonField& config, TokenizerParts& parts) {
  std::int64_t count = 0;
  if (config.has("extra_ids")) {
    const JsonField field = config.at("extra_ids");
    count = field.integer();
    if (count < 0) field.fail(" is " + std::to_string(count) + " (at least 0)");
    check_count(field, static_cast<std::size_t>(count));
  } else if (config.has("additional_special_tokens")) {
    const JsonField field = config.at("additional_special_tokens");
    check_count(field, field.array().size());
    for (std::size_t i = 0; i < field.array().size(); ++i) {
      if (content_of(field.item(i)).starts_with("<extra_id_")) ++count;
    }
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string content = "<extra_id_" + std::to_string(i) + ">";
    if (parts.model.find(content) >= 0) continue;
    const auto id = static_cast<std::int32_t>(parts.model.size() + count - 1 - i);
    parts.added_tokens.push_back({.content = content, .id = id});
  }
}

}  // namespace

TokenizerParts read_spiece(const std::string& content, const std::string& name,
                           const std::string& eos, const Json& config,
                           const std::string& config_name) {
  SpieceFile model = read_model(content, name);
  TokenizerParts parts;
  if (!model.charsmap.empty()) {
    parts.normalizer.steps.emplace_back(
        Charsmap(model.charsmap, "read " + name + ": 'normalizer_spec.precompiled_charsmap'"));
  }
  if (model.remove_extra_whitespaces) {
    parts.normalizer.steps.emplace_back(StripStep{.left = false, .right = true});
    parts.normalizer.steps.emplace_back(
        ReplaceStep{.pattern = " ", .content = parts.metaspace.replacement, .shortest_run = 2});
  }
  parts.metaspace.prepend = model.add_dummy_prefix ? PrependScheme::kAlways : PrependScheme::kNever;
  parts.added_tokens = std::move(model.added_tokens);
  parts.model = UnigramModel(std::move(model.vocabulary), "read " + name + ": 'pieces");
  const JsonField fields(config, config_name);
  if (fields.has("added_tokens_decoder")) {
    add_decoder_tokens(fields.at("added_tokens_decoder"), parts);
  } else {
    add_extra_ids(fields, parts);
  }
  parts.eos_id = parts.model.find(eos);
  if (parts.eos_id < 0) {
    throw Error(ErrorCode::kCorrupt, "read " + name + ": 'pieces' lacks the end " + in_quotes(eos));
  }
  parts.suffix = {parts.eos_id};
  return parts;
}

}  // namespace zoetrope
