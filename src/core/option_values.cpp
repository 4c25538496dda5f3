#include "core/option_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <vector>

#include "core/quote.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

constexpr int kMostPixels = 8192;
constexpr double kLongestClip_s = 3600;

constexpr std::array kLimits = {
    OptionLimits{"width", 1, kMostPixels, "N"},
    OptionLimits{"height", 1, kMostPixels, "N"},
    OptionLimits{"num_frames", 1, 100'001, "N"},
    OptionLimits{"steps", 1, 1000, "N"},
    OptionLimits{"guidance_scale", 0, 100, "X"},
    OptionLimits{"guidance_scale_2", 0, 100, "X"},
    OptionLimits{"flow_shift", 0.001, 1000, "X"},
    OptionLimits{"fps", 0, 0, "N"},
    OptionLimits{"seed", 0, 0, "N"},
    OptionLimits{"scheduler", 0, 0, "unipc|euler"},
    OptionLimits{"image", 0, 0, "FILE"},
    OptionLimits{"last_image", 0, 0, "FILE"},
    OptionLimits{"fit", 0, 0, "stretch|crop|pad"},
    OptionLimits{"codec", 0, 0, "NAME"},
    OptionLimits{"crf", 0, 63, "N"},
    OptionLimits{"bit_depth", 0, 0, "8|10"},
    OptionLimits{"metadata", 0, 0, "full|none"},
};

template <typename Number>
std::errc read_all(const std::string& text, Number& value) {
  const char* end = text.data() + text.size();
  const auto [stopped_at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{}) return error;
  return stopped_at == end ? std::errc{} : std::errc::invalid_argument;
}

[[noreturn]] void refuse(const std::string& text, const std::string& found,
                         const std::string& expected) {
  throw Error(ErrorCode::kUsage, in_quotes(text) + " " + found + " (expected " + expected + ")");
}

bool is_choice(const OptionLimits& limits) {
  return std::string_view(limits.type).find('|') != std::string_view::npos;
}

std::vector<std::string> words_of(std::string_view choice) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= choice.size();) {
    const std::size_t end = std::min(choice.find('|', at), choice.size());
    words.emplace_back(choice.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// The place of `text` among the words that it may be.
std::size_t read_choice(const OptionLimits& limits, const std::string& text) {
  const std::vector<std::string> words = words_of(limits.type);
  const auto found = std::find(words.begin(), words.end(), text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  std::string expected = words.front();
  for (std::size_t i = 1; i < words.size(); ++i) {
    expected += (i + 1 == words.size() ? " or " : ", ") + words[i];
  }
  refuse(text, "is unknown", expected);
}

}  // namespace

OptionLimits limits_of(std::string_view key) {
  const auto* found = std::find_if(kLimits.begin(), kLimits.end(),
                                   [&](const OptionLimits& limits) { return limits.key == key; });
  return found == kLimits.end() ? OptionLimits{key, 0, 0, "TEXT"} : *found;
}

std::int64_t read_whole(const std::string& text, std::int64_t low, std::int64_t high) {
  const std::string expected = std::to_string(low) + " to " + std::to_string(high);
  std::int64_t value = 0;
  const std::errc error = read_all(text, value);
  if (error == std::errc::invalid_argument) refuse(text, "is not a whole number", expected);
  if (error != std::errc{} || value < low || value > high) {
    refuse(text, "is out of range", expected);
  }
  return value;
}

double read_real(const std::string& text, double low, double high) {
  const std::string expected = shortest(low) + " to " + shortest(high);
  double value = 0;
  const std::errc error = read_all(text, value);
  if (error == std::errc::invalid_argument || std::isnan(value)) {
    refuse(text, "is not a number", expected);
  }
  if (error != std::errc{} || value < low || value > high) {
    refuse(text, "is out of range", expected);
  }
  return value;
}

std::pair<int, int> read_size(const std::string& text) {
  const auto cross = text.find_first_of("x*X");
  if (cross == std::string::npos) refuse(text, "is not a size", "WIDTHxHEIGHT, as in 832x480");
  return {static_cast<int>(read_whole(text.substr(0, cross), 1, kMostPixels)),
          static_cast<int>(read_whole(text.substr(cross + 1), 1, kMostPixels))};
}

double read_duration(const std::string& text) { return read_real(text, 0.001, kLongestClip_s); }

void read_option(const OptionLimits& limits, const std::string& text, std::string& value) {
  if (std::string_view(limits.type) == "FILE" && text.empty()) {
    throw Error(ErrorCode::kUsage, "'' is no file name");
  }
  if (is_choice(limits)) (void)read_choice(limits, text);
  value = text;
}

void read_option(const OptionLimits& limits, const std::string& text, int& value) {
  if (is_choice(limits)) {
    value = static_cast<int>(
        read_whole(words_of(limits.type)[read_choice(limits, text)], 0, kMostPixels));
    return;
  }
  value = static_cast<int>(read_whole(text, static_cast<std::int64_t>(limits.low),
                                      static_cast<std::int64_t>(limits.high)));
}

// The seed is the only 64-bit member.
void read_option(const OptionLimits&, const std::string& text, std::int64_t& value) {
  value = read_whole(text, -1, std::numeric_limits<std::int64_t>::max());
}

void read_option(const OptionLimits& limits, const std::string& text, double& value) {
  value = read_real(text, limits.low, limits.high);
}

void read_option(const OptionLimits&, const std::string& text, Rational& value) {
  value = parse_frame_rate(text);
}

// The first of its two words means yes.
void read_option(const OptionLimits& limits, const std::string& text, bool& value) {
  value = read_choice(limits, text) == 0;
}

int frames_of(double seconds, const Rational& fps, int multiple) {
  const int step = std::max(1, multiple);
  const double groups = std::round((seconds * fps.value() - 1) / step);
  return static_cast<int>(std::clamp(groups, 0.0, 1e7 / step)) * step + 1;
}

std::string shortest(double value) {
  std::array<char, 64> text{};
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), result.ptr};
}

}  // namespace zoetrope
