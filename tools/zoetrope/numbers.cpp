#include "numbers.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

namespace zoetrope::cli {
namespace {

// What `read` makes of the text; its fault is the flag's.
template <typename Read>
auto naming(const std::string& flag, const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw UsageError(flag + ": " + error.what());
  }
}

}  // namespace

std::int64_t parse_whole(const std::string& flag, const std::string& text, std::int64_t low,
                         std::int64_t high) {
  return naming(flag, [&] { return read_whole(text, low, high); });
}

double parse_real(const std::string& flag, const std::string& text, double low, double high) {
  return naming(flag, [&] { return read_real(text, low, high); });
}

std::int64_t parse_bytes(const std::string& flag, const std::string& text) {
  constexpr std::string_view kUnits = "KMGT";
  const std::size_t end = text.find_first_not_of("0123456789.");
  std::string unit = end == std::string::npos ? "" : text.substr(end);
  unit.erase(0, unit.find_first_not_of(' '));
  for (const char* suffix : {"iB", "B"}) {
    if (unit.ends_with(suffix)) unit.erase(unit.size() - std::strlen(suffix));
  }
  const std::size_t power = unit.size() == 1 ? kUnits.find(unit) : std::string_view::npos;
  if (!unit.empty() && power == std::string_view::npos) {
    throw UsageError(flag + ": '" + text + "' is no size (expected 12G, 1500M or bytes)");
  }
  const double scale = unit.empty() ? 1 : std::exp2(10 * static_cast<double>(power + 1));
  const double most = std::exp2(50);
  return static_cast<std::int64_t>(parse_real(flag, text.substr(0, end), 1 / scale, most / scale) *
                                   scale);
}

std::string human_bytes(std::int64_t bytes) {
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fixed(value, 1) + " " + kUnits[unit];
}

std::string human_duration(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return "?";
  if (seconds < 60) return fixed(seconds, 1) + " s";
  const auto whole = static_cast<std::int64_t>(std::lround(seconds));
  const auto two_digits = [](std::int64_t value) {
    return (value < 10 ? "0" : "") + std::to_string(value);
  };
  const std::string tail = two_digits(whole % 60);
  if (whole < 3600) return std::to_string(whole / 60) + ":" + tail;
  return std::to_string(whole / 3600) + ":" + two_digits(whole / 60 % 60) + ":" + tail;
}

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value,
                                    std::chars_format::fixed, digits);
  return result.ec == std::errc{} ? std::string(text.data(), result.ptr) : "?";
}

}  // namespace zoetrope::cli
