#include "zoetrope/rational.h"

#include <charconv>
#include <numeric>
#include <string_view>

#include "core/quote.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

constexpr int kMaxRate = 1000;

[[noreturn]] void refuse(const std::string& text) {
  throw Error(ErrorCode::kUsage, "read the frame rate " + in_quotes(text) +
                                     ": not a rate (expected e.g. 24, 24000/1001, 23.976 or 12.5; "
                                     "above 0, at most 1000)");
}

// A whole number of at most nine digits, so that no product below can wrap.
std::int64_t whole(std::string_view digits, const std::string& text) {
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || digits.size() > 9 || status != std::errc() ||
      end != digits.data() + digits.size() || value < 0) {
    refuse(text);
  }
  return value;
}

}  // namespace

Rational parse_frame_rate(const std::string& text) {
  if (text == "23.976") return {24000, 1001};
  if (text == "29.97") return {30000, 1001};
  if (text == "59.94") return {60000, 1001};

  const std::string_view view = text;
  Rational rate;
  if (const auto slash = view.find('/'); slash != view.npos) {
    rate = {whole(view.substr(0, slash), text), whole(view.substr(slash + 1), text)};
  } else if (const auto point = view.find('.'); point != view.npos) {
    const std::string_view fraction = view.substr(point + 1);
    if (fraction.size() > 6) refuse(text);
    for (std::size_t i = 0; i < fraction.size(); ++i) rate.den *= 10;
    rate.num = whole(view.substr(0, point), text) * rate.den + whole(fraction, text);
  } else {
    rate.num = whole(view, text);
  }
  if (rate.num <= 0 || rate.den <= 0 || rate.num > kMaxRate * rate.den) refuse(text);
  const std::int64_t divisor = std::gcd(rate.num, rate.den);
  return {rate.num / divisor, rate.den / divisor};
}

std::string to_string(const Rational& rate) {
  const std::string num = std::to_string(rate.num);
  return rate.den == 1 ? num : num + "/" + std::to_string(rate.den);
}

}  // namespace zoetrope
