#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "core/option_values.h"
#include "zoetrope/error.h"

namespace zoetrope::cli {

/// A command line at fault; `command` is the one whose help to read, may be empty.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message, std::string command = {})
      : Error(ErrorCode::kUsage, message), command_(std::move(command)) {}

  const std::string& command() const { return command_; }

 private:
  std::string command_;
};

/// Reads all of `text` as a decimal integer.
/// Throws UsageError "FLAG: 'abc' is not a whole number (expected LOW to HIGH)".
std::int64_t parse_whole(const std::string& flag, const std::string& text, std::int64_t low,
                         std::int64_t high);

/// Reads all of `text` as a finite decimal number within [low, high]. Throws UsageError.
double parse_real(const std::string& flag, const std::string& text, double low, double high);

/// Reads "12G", "12 GiB", "1500M" or a number of bytes, at most 2^50. Throws UsageError.
std::int64_t parse_bytes(const std::string& flag, const std::string& text);

/// "512 B", "1.5 KiB", "14.2 MiB", "27.0 GiB".
std::string human_bytes(std::int64_t bytes);

/// "8.3 s", "4:07", "1:02:09".
std::string human_duration(double seconds);

/// With a fixed number of digits after the point, whatever the locale.
std::string fixed(double value, int digits);

}  // namespace zoetrope::cli
