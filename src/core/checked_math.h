#pragma once

#include <cstdint>
#include <string>

#include "zoetrope/error.h"

namespace zoetrope {

/// A size computed from numbers that a stranger wrote. Every operation that would wrap throws
/// Error(kCorrupt) instead: a checked product followed by an unchecked sum is how others were
/// broken into.
class CheckedSize {
 public:
  CheckedSize(std::uint64_t value) : value_(value) {}

  std::uint64_t value() const { return value_; }

  CheckedSize operator+(CheckedSize other) const {
    std::uint64_t result = 0;
    if (__builtin_add_overflow(value_, other.value_, &result)) overflow("+", other);
    return result;
  }
  CheckedSize operator-(CheckedSize other) const {
    if (other.value_ > value_) overflow("-", other);
    return value_ - other.value_;
  }
  CheckedSize operator*(CheckedSize other) const {
    std::uint64_t result = 0;
    if (__builtin_mul_overflow(value_, other.value_, &result)) overflow("*", other);
    return result;
  }
  auto operator<=>(const CheckedSize&) const = default;

 private:
  [[noreturn]] void overflow(const char* operation, CheckedSize other) const {
    throw Error(ErrorCode::kCorrupt, "compute a size: " + std::to_string(value_) + " " + operation +
                                         " " + std::to_string(other.value_) +
                                         " does not fit in 64 bits");
  }

  std::uint64_t value_;
};

}  // namespace zoetrope
