#pragma once

#include <cstdint>
#include <string>

namespace zoetrope {

/// An exact ratio, used for frame rates in frames per second. 0/1 means "not given".
struct Rational {
  std::int64_t num = 0;
  std::int64_t den = 1;

  bool given() const { return num != 0; }
  double value() const { return static_cast<double>(num) / static_cast<double>(den); }
  bool operator==(const Rational&) const = default;
};

/// Reads "24", "24000/1001", "12.5" or one of the broadcast short forms 23.976, 29.97, 59.94,
/// which mean n * 1000 / 1001. The result is reduced.
/// Throws Error(kUsage) unless 0 < rate <= 1000.
Rational parse_frame_rate(const std::string& text);

/// "24" or "24000/1001".
std::string to_string(const Rational& rate);

}  // namespace zoetrope
