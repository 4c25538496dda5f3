#include "checkpoint/name_rules.h"

#include <charconv>

namespace zoetrope {

std::string apply_rules(std::span<const NameRule> rules, std::string_view name) {
  for (const NameRule& rule : rules) {
    if (!name.starts_with(rule.from)) continue;
    const std::string_view rest = name.substr(rule.from.size());
    if (rest.empty() || rest.front() == '.') return std::string(rule.to) + std::string(rest);
  }
  return std::string(name);
}

std::optional<NumberedName> numbered_name(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix) || name.substr(prefix.size(), 1) != ".") return std::nullopt;
  const std::string_view tail = name.substr(prefix.size() + 1);
  std::int64_t number = -1;
  const auto parsed = std::from_chars(tail.data(), tail.data() + tail.size(), number);
  const auto digits = static_cast<std::size_t>(parsed.ptr - tail.data());
  if (parsed.ec != std::errc() || number < 0 || tail.substr(digits, 1) != ".") return std::nullopt;
  return NumberedName{number, tail.substr(digits + 1)};
}

std::optional<std::string> prefix_before(const TensorFiles& files, std::string_view anchor,
                                         std::span<const std::string_view> prefixes) {
  if (files.shape_of(std::string(anchor)) != nullptr) return "";
  for (const std::string_view prefix : prefixes) {
    const std::string name = std::string(prefix) + std::string(anchor);
    if (files.shape_of(name) != nullptr) return std::string(prefix);
  }
  return std::nullopt;
}

}  // namespace zoetrope
