#include "text/html_references.h"

#include <algorithm>
#include <iterator>
#include <optional>

namespace zoetrope {
namespace {

struct Entity {
  std::string_view name;  // what follows "&"
  std::u32string_view text;
};

#include "text/html_entities.inc"

// The five that Windows-1252 leaves open stay control characters.
constexpr char32_t kWindows1252[] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

constexpr std::size_t kMaxNameLength = 32;        // of a name in a lenient reference
constexpr std::size_t kMaxStrictNameLength = 24;  // and in a strict one

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char32_t c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

template <std::size_t N>
std::optional<std::u32string_view> find(const Entity (&entities)[N], std::u32string_view name) {
  const auto less = [](char a, char32_t b) { return static_cast<char32_t>(a) < b; };
  const auto* found = std::lower_bound(std::begin(entities), std::end(entities), name,
                                       [&](const Entity& entity, std::u32string_view wanted) {
                                         const auto both =
                                             std::min(entity.name.size(), wanted.size());
                                         for (std::size_t i = 0; i < both; ++i) {
                                           if (less(entity.name[i], wanted[i])) return true;
                                           if (static_cast<char32_t>(entity.name[i]) != wanted[i])
                                             return false;
                                         }
                                         return entity.name.size() < wanted.size();
                                       });
  if (found == std::end(entities) ||
      !std::equal(name.begin(), name.end(), found->name.begin(), found->name.end(),
                  [](char32_t a, char b) { return a == static_cast<char32_t>(b); })) {
    return std::nullopt;
  }
  return found->text;
}

// What a number stands for. Source: HTML, "numeric character reference end state", but that the
// control characters and noncharacters it calls errors become nothing.
std::u32string numbered(std::uint32_t number) {
  if (number >= 0x80 && number <= 0x9F) return {windows_1252(number)};
  if (number == 0 || (number >= 0xD800 && number <= 0xDFFF) || number > 0x10FFFF) return U"\uFFFD";
  const bool is_white_space = number == 0x09 || number == 0x0A || number == 0x0C || number == 0x0D;
  if ((number < 0x20 && !is_white_space) || number == 0x7F) return {};
  if ((number >= 0xFDD0 && number <= 0xFDEF) || (number & 0xFFFE) == 0xFFFE) return {};
  return {static_cast<char32_t>(number)};
}

// A reference: the characters it takes, and what it stands for.
struct Reference {
  std::size_t length;
  std::u32string text;
};

// text begins with "&#"; nullopt if no number follows.
std::optional<Reference> numeric_reference(std::u32string_view text) {
  std::size_t at = 2;
  const bool hex = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
  if (hex) ++at;
  const std::size_t first = at;
  std::uint32_t number = 0;
  for (; at < text.size() && (hex ? is_hex_digit(text[at]) : is_digit(text[at])); ++at) {
    const char32_t c = text[at];
    const std::uint32_t digit = is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
    number = std::min<std::uint32_t>(number * (hex ? 16 : 10) + digit, 0x110000);
  }
  if (at == first) return std::nullopt;
  if (at < text.size() && text[at] == ';') ++at;
  return Reference{at, numbered(number)};
}

// text begins with "&"; nullopt if nothing follows that could be a name.
std::optional<Reference> named_reference(std::u32string_view text) {
  std::size_t end = 1;
  while (end < text.size() && end <= kMaxNameLength &&
         std::u32string_view(U"\t\n\f <&#;").find(text[end]) == std::u32string_view::npos) {
    ++end;
  }
  if (end == 1) return std::nullopt;
  if (end < text.size() && text[end] == ';') ++end;
  const std::u32string_view name = text.substr(1, end - 1);
  if (const auto known = find(kEntities, name)) return Reference{end, std::u32string(*known)};
  // The longest known beginning: "&notit" is "¬it".
  for (std::size_t length = name.size() - 1; length > 1; --length) {
    if (const auto known = find(kEntities, name.substr(0, length))) {
      return Reference{end, std::u32string(*known).append(name.substr(length))};
    }
  }
  return Reference{end, std::u32string(text.substr(0, end))};
}

std::optional<Reference> lenient_reference(std::u32string_view text) {
  if (text.size() > 1 && text[1] == '#') return numeric_reference(text);
  return named_reference(text);
}

std::optional<Reference> strict_reference(std::u32string_view text) {
  const std::size_t first = text.size() > 1 && text[1] == '#' ? 2 : 1;
  std::size_t end = first;
  while (end < text.size() && end - first < kMaxStrictNameLength &&
         (is_digit(text[end]) || is_letter(text[end]))) {
    ++end;
  }
  if (end == first || end == text.size() || text[end] != ';') return std::nullopt;
  ++end;
  if (first == 2) {
    auto number = numeric_reference(text.substr(0, end));
    // "&#59;", which is a semicolon itself, stays too: ftfy takes it for half decoded.
    if (!number || number->length != end || number->text == U";") return std::nullopt;
    return number;
  }
  const std::u32string_view name = text.substr(1, end - 1);
  auto known = find(kEntities, name);
  if (!known) known = find(kCapitalEntities, name);
  if (!known) return std::nullopt;
  return Reference{end, std::u32string(*known)};
}

std::u32string replace_references(std::u32string_view text,
                                  std::optional<Reference> (*reference)(std::u32string_view)) {
  std::u32string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find(U'&'), text.size());
    result.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto found = reference(text);
    result.append(found ? std::u32string_view(found->text) : text.substr(0, 1));
    text.remove_prefix(found ? found->length : 1);
  }
  return result;
}

}  // namespace

std::u32string unescape_html(std::u32string_view text) {
  return replace_references(text, lenient_reference);
}

std::u32string unescape_html_strictly(std::u32string_view text) {
  return replace_references(text, strict_reference);
}

char32_t windows_1252(char32_t code_point) {
  return code_point >= 0x80 && code_point <= 0x9F ? kWindows1252[code_point - 0x80] : code_point;
}

}  // namespace zoetrope
