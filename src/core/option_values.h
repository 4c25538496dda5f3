#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "zoetrope/rational.h"

namespace zoetrope {

/// What the value of an option may be, on the command line, in a prompt file and in a config file
/// alike. What the checkpoint allows is checked by Generator::resolve.
struct OptionLimits {
  std::string_view key;  ///< as in visit_request and visit_encoding
  double low, high;      ///< of numbers
  const char* type;      ///< what help shows: "N", "X", "FILE", or the words it may be, "a|b|c"
};

/// Of an option without limits: any text.
OptionLimits limits_of(std::string_view key);

/// Reads all of `text` as a decimal integer.
/// Throws Error(kUsage) "'abc' is not a whole number (expected LOW to HIGH)", as do those below.
std::int64_t read_whole(const std::string& text, std::int64_t low, std::int64_t high);

/// Reads all of `text` as a finite decimal number within [low, high].
double read_real(const std::string& text, double low, double high);

/// Reads "832x480" or "832*480" into width and height.
std::pair<int, int> read_size(const std::string& text);

/// Reads a clip's length in seconds.
double read_duration(const std::string& text);

/// Reads one member of a request or of a file's encoding.
void read_option(const OptionLimits& limits, const std::string& text, std::string& value);
void read_option(const OptionLimits& limits, const std::string& text, int& value);
void read_option(const OptionLimits& limits, const std::string& text, std::int64_t& value);
void read_option(const OptionLimits& limits, const std::string& text, double& value);
void read_option(const OptionLimits& limits, const std::string& text, Rational& value);
void read_option(const OptionLimits& limits, const std::string& text, bool& value);

/// The number of frames nearest to `seconds` that is n * multiple + 1.
int frames_of(double seconds, const Rational& fps, int multiple);

/// The shortest text that reads back as `value`.
std::string shortest(double value);

}  // namespace zoetrope
