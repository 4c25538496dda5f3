#include "text/added_tokens.h"

#include <algorithm>

#include "text/unicode.h"

namespace zoetrope {
namespace {

// Where the last character of `text`, which is not empty, begins.
std::size_t last_character(std::string_view text) {
  std::size_t at = text.size() - 1;
  while ((static_cast<std::uint8_t>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

bool ends_with_word(std::string_view text) {
  return !text.empty() &&
         is_word_character(first_code_point(text.substr(last_character(text))).value);
}

bool starts_with_word(std::string_view text) {
  return !text.empty() && is_word_character(first_code_point(text).value);
}

// `begin` without the white space that ends at it, but not before `limit`.
std::size_t before_white_space(std::string_view text, std::size_t begin, std::size_t limit) {
  while (begin > limit) {
    const std::size_t last = last_character(text.substr(0, begin));
    if (!is_white_space(first_code_point(text.substr(last)).value)) break;
    begin = last;
  }
  return std::max(begin, limit);
}

std::size_t after_white_space(std::string_view text, std::size_t end) {
  while (end < text.size()) {
    const CodePoint next = first_code_point(text.substr(end));
    if (!is_white_space(next.value)) break;
    end += next.bytes;
  }
  return end;
}

std::vector<std::string> contents(const std::vector<AddedToken>& tokens) {
  std::vector<std::string> result;
  result.reserve(tokens.size());
  for (const AddedToken& token : tokens) result.push_back(token.content);
  return result;
}

}  // namespace

AddedTokenFinder::AddedTokenFinder(std::vector<AddedToken> tokens)
    : tokens_(std::move(tokens)), trie_(contents(tokens_)) {}

void AddedTokenFinder::split(
    std::string_view text,
    const std::function<void(std::string_view, const AddedToken*)>& visit) const {
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    const AddedToken* token = nullptr;
    std::size_t end = at + 1;
    trie_.visit_prefixes(text.substr(at), [&](std::size_t length, std::int32_t id) {
      token = &tokens_[static_cast<std::size_t>(id)];
      end = at + length;
    });
    std::size_t begin = at;
    at = end;
    if (token == nullptr) continue;
    if (token->single_word &&
        (ends_with_word(text.substr(0, begin)) || starts_with_word(text.substr(end)))) {
      continue;
    }
    if (token->lstrip) begin = before_white_space(text, begin, done);
    if (token->rstrip) at = end = after_white_space(text, end);
    if (begin > done) visit(text.substr(done, begin - done), nullptr);
    visit(text.substr(begin, end - begin), token);
    done = end;
  }
  if (done < text.size()) visit(text.substr(done), nullptr);
}

}  // namespace zoetrope
