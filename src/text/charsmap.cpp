#include "text/charsmap.h"

#include "core/utf8.h"
#include "text/unicode.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 26;  // sentencepiece's own take 0.2-0.4 MB
constexpr std::size_t kBlock = 256;                      // units are laid out in such blocks
constexpr std::size_t kMaxGraphemeBytes = 5;
constexpr std::size_t kMaxReplacementBytes = 256;  // NFKC makes 33 of U+FDFA

bool has_leaf(std::uint32_t unit) { return (unit >> 8 & 1) != 0; }
std::uint32_t label(std::uint32_t unit) { return unit & (1U << 31 | 0xFFU); }
std::uint32_t offset(std::uint32_t unit) { return (unit >> 10) << ((unit & (1U << 9)) >> 6); }
std::uint32_t value(std::uint32_t unit) { return unit & ((1U << 31) - 1); }

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t result = 0;
  for (std::size_t i = 4; i-- > 0;) {
    result = result << 8 | static_cast<std::uint8_t>(bytes[i]);
  }
  return result;
}

[[noreturn]] void fail(const std::string& where, const std::string& found) {
  throw Error(ErrorCode::kCorrupt, where + ": " + found);
}

}  // namespace

Charsmap::Charsmap(std::string_view blob, const std::string& where) {
  if (blob.size() < 4) {
    fail(where, std::to_string(blob.size()) + " bytes (at least the 4 of its trie's size)");
  }
  if (blob.size() > kMaxBytes) {
    fail(where, std::to_string(blob.size()) + " bytes (at most " + std::to_string(kMaxBytes) + ")");
  }
  const std::uint32_t trie_bytes = little_endian(blob);
  blob.remove_prefix(4);
  if (trie_bytes > blob.size()) {
    fail(where, "a trie of " + std::to_string(trie_bytes) + " bytes in the " +
                    std::to_string(blob.size()) + " that follow its size");
  }
  if (trie_bytes == 0 || trie_bytes % (4 * kBlock) != 0) {
    fail(where, "a trie of " + std::to_string(trie_bytes) + " bytes (a multiple of 1024)");
  }
  for (std::size_t at = 0; at < trie_bytes; at += 4) {
    units_.push_back(little_endian(blob.substr(at, 4)));
  }
  replacements_ = blob.substr(trie_bytes);
  if (const auto bad = find_invalid_utf8(replacements_); bad != std::string_view::npos) {
    fail(where, "its replacements are not UTF-8 at byte " + std::to_string(bad));
  }
  check(where);
}

void Charsmap::check(const std::string& where) const {
  std::vector<bool> seen(units_.size());
  std::vector<std::uint32_t> open{0};
  seen[0] = true;
  while (!open.empty()) {
    const std::uint32_t at = open.back();
    open.pop_back();
    const std::uint32_t base = at ^ offset(units_[at]);
    // The size is a multiple of a block, so a base inside means that its children are inside.
    if (base >= units_.size()) {
      fail(where, "unit " + std::to_string(at) + " of its trie points at unit " +
                      std::to_string(base) + " (there are " + std::to_string(units_.size()) + ")");
    }
    if (has_leaf(units_[at])) check_value(base, where);
    for (std::uint32_t byte = 1; byte < kBlock; ++byte) {
      const std::uint32_t child = base ^ byte;
      if (label(units_[child]) != byte || seen[child]) continue;
      seen[child] = true;
      open.push_back(child);
    }
  }
}

void Charsmap::check_value(std::uint32_t unit, const std::string& where) const {
  const std::uint32_t at = value(units_[unit]);
  if (at >= replacements_.size()) {
    fail(where, "unit " + std::to_string(unit) + " of its trie names replacement byte " +
                    std::to_string(at) + " (there are " + std::to_string(replacements_.size()) +
                    ")");
  }
  if ((static_cast<std::uint8_t>(replacements_[at]) & 0xC0) == 0x80) {
    fail(where, "unit " + std::to_string(unit) + " of its trie names replacement byte " +
                    std::to_string(at) + ", which is inside a character");
  }
  if (std::string_view(replacements_).substr(at, kMaxReplacementBytes + 1).find('\0') ==
          std::string_view::npos &&
      replacements_.size() - at > kMaxReplacementBytes) {
    fail(where, "the replacement at byte " + std::to_string(at) + " is longer than " +
                    std::to_string(kMaxReplacementBytes) + " bytes");
  }
}

bool Charsmap::append_replacement(std::string_view chunk, std::string& result) const {
  std::uint32_t at = offset(units_[0]);
  for (const char c : chunk) {
    const std::uint32_t byte = static_cast<std::uint8_t>(c);
    if (byte == 0) return false;
    at ^= byte;
    const std::uint32_t unit = units_[at];
    if (label(unit) != byte) return false;
    at ^= offset(unit);
    if (has_leaf(unit)) {
      const std::size_t first = value(units_[at]);
      const std::size_t end = replacements_.find('\0', first);
      result.append(replacements_, first, end == std::string::npos ? end : end - first);
      return true;
    }
  }
  return false;
}

std::string Charsmap::normalize(std::string_view text) const {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t bytes = grapheme_bytes(text);
    std::string_view grapheme = text.substr(0, bytes);
    text.remove_prefix(bytes);
    if (bytes <= kMaxGraphemeBytes && append_replacement(grapheme, result)) continue;
    while (!grapheme.empty()) {
      const std::string_view character = grapheme.substr(0, first_code_point(grapheme).bytes);
      if (!append_replacement(character, result)) result.append(character);
      grapheme.remove_prefix(character.size());
    }
  }
  return result;
}

}  // namespace zoetrope
