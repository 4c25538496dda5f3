#include "text/text_normalizer.h"

#include "text/unicode.h"

namespace zoetrope {
namespace {

std::string apply(const Charsmap& step, std::string_view text) { return step.normalize(text); }

std::string apply(const StripStep& step, std::string_view text) {
  std::size_t begin = 0;
  std::size_t end = 0;  // of the last character that is not white space
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint next = first_code_point(text.substr(at));
    if (!is_white_space(next.value)) {
      if (!inside) begin = at;
      inside = true;
      end = at + next.bytes;
    }
    at += next.bytes;
  }
  if (!inside) begin = step.left ? text.size() : 0;
  if (!step.left) begin = 0;
  if (!step.right) end = text.size();
  return std::string(text.substr(begin, end > begin ? end - begin : 0));
}

std::string apply(const ReplaceStep& step, std::string_view text) {
  std::string result;
  const std::size_t length = step.pattern.size();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t found = std::min(text.find(step.pattern, at), text.size());
    result.append(text.substr(at, found - at));
    std::size_t count = 0;
    at = found;
    do {
      if (text.substr(at, length) != step.pattern) break;
      at += length;
      ++count;
    } while (step.shortest_run > 0);
    if (count > 0 && count >= step.shortest_run) {
      result.append(step.content);
    } else {
      result.append(text.substr(found, at - found));
    }
  }
  return result;
}

}  // namespace

std::string TextNormalizer::normalize(std::string_view text) const {
  std::string result(text);
  for (const auto& step : steps) {
    result = std::visit([&](const auto& known) { return apply(known, result); }, step);
  }
  return result;
}

}  // namespace zoetrope
