#include "numbers.h"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "terminal.h"

namespace zoetrope::cli {
namespace {

template <typename Number>
std::errc read_all(const std::string& text, Number& value) {
  const char* end = text.data() + text.size();
  const auto [stopped_at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{}) return error;
  return stopped_at == end ? std::errc{} : std::errc::invalid_argument;
}

std::string fault(const std::string& flag, const std::string& text, const std::string& found,
                  const std::string& expected) {
  return flag + ": '" + shortened(text) + "' " + found + " (expected " + expected + ")";
}

}  // namespace

std::int64_t parse_whole(const std::string& flag, const std::string& text, std::int64_t low,
                         std::int64_t high) {
  const std::string expected = std::to_string(low) + " to " + std::to_string(high);
  std::int64_t value = 0;
  const std::errc error = read_all(text, value);
  if (error == std::errc::invalid_argument) {
    throw UsageError(fault(flag, text, "is not a whole number", expected));
  }
  if (error != std::errc{} || value < low || value > high) {
    throw UsageError(fault(flag, text, "is out of range", expected));
  }
  return value;
}

double parse_real(const std::string& flag, const std::string& text, double low, double high) {
  const std::string expected = shortest(low) + " to " + shortest(high);
  double value = 0;
  const std::errc error = read_all(text, value);
  if (error == std::errc::invalid_argument || std::isnan(value)) {
    throw UsageError(fault(flag, text, "is not a number", expected));
  }
  if (error != std::errc{} || value < low || value > high) {
    throw UsageError(fault(flag, text, "is out of range", expected));
  }
  return value;
}

std::pair<int, int> parse_size(const std::string& text, int most) {
  const auto cross = text.find_first_of("x*X");
  if (cross == std::string::npos) {
    throw UsageError(fault("--size", text, "is not a size", "WIDTHxHEIGHT, as in 832x480"));
  }
  return {static_cast<int>(parse_whole("--size", text.substr(0, cross), 1, most)),
          static_cast<int>(parse_whole("--size", text.substr(cross + 1), 1, most))};
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

std::string shortest(double value) {
  std::array<char, 64> text{};
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), result.ptr};
}

}  // namespace zoetrope::cli
