#include <cctype>

#include "core/files.h"
#include "text/base64.h"
#include "text/json_field.h"
#include "text/tokenizer_parts.h"
#include "text/unicode.h"

namespace zoetrope {
namespace {

std::string type_of(const JsonField& part) { return part.at("type").text(); }

// ' {2,}' and the like: one ordinary character, and how often it occurs at least.
ReplaceStep regex_step(const JsonField& regex, std::string content) {
  const std::string& text = regex.text();
  const std::size_t length = text.empty() ? 0 : first_code_point(text).bytes;
  const std::string character = text.substr(0, length);
  const std::string digits =
      text.size() > length + 3 ? text.substr(length + 1, text.size() - length - 3) : "";
  const bool plain =
      length > 0 && std::string("\\^$.|?*+()[]{}").find(character) == std::string::npos;
  const bool counted = digits.size() == 1 && digits[0] >= '1' && digits[0] <= '9';
  if (!plain || !counted || text != character + "{" + digits + ",}") {
    regex.fail(" is " + in_quotes(text) + " (expected one character and '{n,}', such as ' {2,}')");
  }
  return {character, std::move(content), static_cast<std::size_t>(digits[0] - '0')};
}

ReplaceStep replace_step(const JsonField& step) {
  const JsonField pattern = step.at("pattern");
  const std::string content = step.at("content").text();
  if (pattern.has("Regex")) return regex_step(pattern.at("Regex"), content);
  const std::string text = pattern.at("String").text();
  if (text.empty()) pattern.fail(" is an empty text");
  return {text, content, 0};
}

void add_steps(const JsonField& step, TextNormalizer& normalizer, int depth = 0) {
  const std::string type = type_of(step);
  if (type == "Sequence" && depth < 4) {
    const JsonField steps = step.at("normalizers");
    if (steps.array().size() > 16) steps.fail(" has more than 16 steps");
    for (std::size_t i = 0; i < steps.array().size(); ++i) {
      add_steps(steps.item(i), normalizer, depth + 1);
    }
  } else if (type == "Precompiled") {
    const JsonField blob = step.at("precompiled_charsmap");
    normalizer.steps.emplace_back(Charsmap(decode_base64(blob.text(), blob.where()), blob.where()));
  } else if (type == "Strip") {
    normalizer.steps.emplace_back(
        StripStep{step.at("strip_left").flag(), step.at("strip_right").flag()});
  } else if (type == "Replace") {
    normalizer.steps.emplace_back(replace_step(step));
  } else {
    step.at("type").fail(" is " + in_quotes(type) +
                         " (supported: Sequence, Precompiled, Strip, Replace)");
  }
}

PrependScheme prepend_scheme(const JsonField& metaspace) {
  const bool add_prefix = metaspace.flag_or("add_prefix_space", true);
  if (!metaspace.has("prepend_scheme")) {
    return add_prefix ? PrependScheme::kAlways : PrependScheme::kNever;
  }
  const JsonField scheme = metaspace.at("prepend_scheme");
  const std::string& name = scheme.text();
  if (!add_prefix && name != "never") {
    scheme.fail(" is " + in_quotes(name) + ", but add_prefix_space is false");
  }
  if (name == "always") return PrependScheme::kAlways;
  if (name == "first") return PrependScheme::kFirst;
  if (name == "never") return PrependScheme::kNever;
  scheme.fail(" is " + in_quotes(name) + " (expected 'always', 'first' or 'never')");
}

Metaspace read_metaspace(const JsonField& part) {
  const std::string type = type_of(part);
  if (type == "Sequence") {
    const JsonField parts = part.at("pretokenizers");
    if (parts.array().size() == 1) return read_metaspace(parts.item(0));
    if (parts.array().size() == 2 && type_of(parts.item(0)) == "WhitespaceSplit" &&
        type_of(parts.item(1)) == "Metaspace") {
      Metaspace result = read_metaspace(parts.item(1));
      result.split_white_space = true;
      return result;
    }
    parts.fail(" is a sequence other than WhitespaceSplit, Metaspace");
  }
  if (type != "Metaspace") {
    part.at("type").fail(" is " + in_quotes(type) + " (expected 'Metaspace')");
  }
  Metaspace result;
  const JsonField replacement = part.at("replacement");
  result.replacement = replacement.text();
  if (result.replacement.empty() ||
      first_code_point(result.replacement).bytes != result.replacement.size()) {
    replacement.fail(" is " + in_quotes(result.replacement) + " (expected one character)");
  }
  result.prepend = prepend_scheme(part);
  result.split = part.flag_or("split", true);
  return result;
}

UnigramModel read_model(const JsonField& model) {
  if (const std::string type = type_of(model); type != "Unigram") {
    model.at("type").fail(" is " + in_quotes(type) + " (expected 'Unigram')");
  }
  UnigramVocabulary vocabulary;
  vocabulary.unknown_id = model.at("unk_id").integer();
  vocabulary.byte_fallback = model.flag_or("byte_fallback", false);
  const JsonField pieces = model.at("vocab");
  const Json::Array& entries = pieces.array();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    static const Json::Array kNone;
    const Json::Array& pair = entries[i].is_array() ? entries[i].as_array("") : kNone;
    if (pair.size() != 2 || !pair[0].is_string() || !pair[1].is_number()) {
      pieces.item(i).fail(" is not a pair of a text and a number");
    }
    vocabulary.pieces.push_back(pair[0].as_string(""));
    vocabulary.scores.push_back(pair[1].as_number(""));
  }
  return UnigramModel(std::move(vocabulary), pieces.where().substr(0, pieces.where().size() - 1));
}

// Tokens get ids as `tokenizers` gives them: the model's, else the next free one.
std::vector<AddedToken> read_added_tokens(const JsonField& tokens, const UnigramModel& model) {
  std::vector<AddedToken> result;
  if (tokens.array().size() > UnigramModel::kMaxPieces) tokens.fail(" has too many entries");
  std::int64_t next_id = model.size();
  for (std::size_t i = 0; i < tokens.array().size(); ++i) {
    const JsonField entry = tokens.item(i);
    AddedToken token;
    token.content = entry.at("content").text();
    if (token.content.size() > UnigramModel::kMaxPieceBytes) {
      entry.at("content").fail(" has more than " + std::to_string(UnigramModel::kMaxPieceBytes) +
                               " bytes");
    }
    const std::int32_t known = model.find(token.content);
    const std::int64_t id = known >= 0 ? known : next_id++;
    if (entry.at("id").integer() != id) {
      entry.at("id").fail(" is " + std::to_string(entry.at("id").integer()) + ", but " +
                          in_quotes(token.content) + " has id " + std::to_string(id));
    }
    token.id = static_cast<std::int32_t>(id);
    token.single_word = entry.flag_or("single_word", false);
    token.lstrip = entry.flag_or("lstrip", false);
    token.rstrip = entry.flag_or("rstrip", false);
    token.normalized = entry.flag_or("normalized", true);
    result.push_back(std::move(token));
  }
  return result;
}

void append_ids(const JsonField& ids, const TokenizerParts& parts,
                std::vector<std::int32_t>& result) {
  const auto end = parts.model.size() + static_cast<std::int64_t>(parts.added_tokens.size());
  for (std::size_t i = 0; i < ids.array().size(); ++i) {
    const std::int64_t id = ids.item(i).integer();
    if (id < 0 || id >= end) {
      ids.item(i).fail(" is " + std::to_string(id) + " (there are " + std::to_string(end) +
                       " tokens)");
    }
    result.push_back(static_cast<std::int32_t>(id));
  }
}

// The ids that the template for a single text puts before and after it.
void read_template(const JsonField& processor, TokenizerParts& parts) {
  if (const std::string type = type_of(processor); type != "TemplateProcessing") {
    processor.at("type").fail(" is " + in_quotes(type) + " (expected 'TemplateProcessing')");
  }
  const JsonField single = processor.at("single");
  if (single.array().size() > 16) single.fail(" has more than 16 parts");
  int texts = 0;
  for (std::size_t i = 0; i < single.array().size(); ++i) {
    const JsonField part = single.item(i);
    if (part.has("Sequence")) {
      ++texts;
    } else {
      const std::string& name = part.at("SpecialToken").at("id").text();
      append_ids(processor.at("special_tokens").at(name).at("ids"), parts,
                 texts == 0 ? parts.prefix : parts.suffix);
    }
  }
  if (texts != 1) single.fail(" holds " + std::to_string(texts) + " texts (expected one)");
}

}  // namespace

TokenizerParts read_tokenizer_json(const std::filesystem::path& file, const std::string& eos) {
  const Json json = Json::parse(read_text_file(file, kMaxTokenizerBytes), file.string(),
                                {.max_bytes = static_cast<std::size_t>(kMaxTokenizerBytes)});
  const JsonField root(json, file.string());
  TokenizerParts parts;
  if (root.has("normalizer")) add_steps(root.at("normalizer"), parts.normalizer);
  parts.metaspace = read_metaspace(root.at("pre_tokenizer"));
  parts.model = read_model(root.at("model"));
  if (root.has("added_tokens")) {
    parts.added_tokens = read_added_tokens(root.at("added_tokens"), parts.model);
  }
  if (root.has("post_processor")) read_template(root.at("post_processor"), parts);
  if (!parts.suffix.empty()) {
    parts.eos_id = parts.suffix.back();
  } else {
    parts.eos_id = parts.model.find(eos);
    if (parts.eos_id < 0) root.at("model").at("vocab").fail(" lacks the end " + in_quotes(eos));
  }
  return parts;
}

}  // namespace zoetrope
