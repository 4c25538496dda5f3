#include "checkpoint/quantised.h"

#include <cmath>
#include <limits>
#include <string_view>

#include "core/check.h"

namespace zoetrope {
namespace {

// An 8-bit code: sign, exponent, mantissa, from the most significant bit on.
float fp8_value(int code, int mantissa_bits, int bias) {
  const int mantissa = code & ((1 << mantissa_bits) - 1);
  const int exponent = (code & 0x7f) >> mantissa_bits;
  const float sign = (code & 0x80) != 0 ? -1.0F : 1.0F;
  const int hidden = exponent == 0 ? 0 : 1 << mantissa_bits;  // without it: subnormal
  return sign * std::ldexp(static_cast<float>(hidden + mantissa),
                           (exponent == 0 ? 1 : exponent) - bias - mantissa_bits);
}

std::array<float, 256> e4m3_values() {
  std::array<float, 256> values{};
  for (int code = 0; code < 256; ++code) {
    values[code] = (code & 0x7f) == 0x7f ? std::numeric_limits<float>::quiet_NaN()
                                         : fp8_value(code, /*mantissa_bits=*/3, /*bias=*/7);
  }
  return values;
}

std::array<float, 256> e5m2_values() {
  std::array<float, 256> values{};
  for (int code = 0; code < 256; ++code) {
    const float infinity = (code & 0x80) != 0 ? -std::numeric_limits<float>::infinity()
                                              : std::numeric_limits<float>::infinity();
    const int magnitude = code & 0x7f;
    values[code] = magnitude > 0x7c    ? std::numeric_limits<float>::quiet_NaN()
                   : magnitude == 0x7c ? infinity
                                       : fp8_value(code, /*mantissa_bits=*/2, /*bias=*/15);
  }
  return values;
}

std::string_view last_component(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

bool is_fp8(DType dtype) { return dtype == DType::kF8E4M3 || dtype == DType::kF8E5M2; }

const std::array<float, 256>& fp8_values(DType dtype) {
  static const std::array<float, 256> kE4m3 = e4m3_values();
  static const std::array<float, 256> kE5m2 = e5m2_values();
  ZOETROPE_CHECK(is_fp8(dtype));
  return dtype == DType::kF8E4M3 ? kE4m3 : kE5m2;
}

std::array<std::string, 2> scale_names(const std::string& weight) {
  const std::string leaf(last_component(weight));
  return {weight + "_scale", weight.substr(0, weight.size() - leaf.size()) + "scale_" + leaf};
}

bool is_quantisation_note(const std::string& name) {
  const std::string_view leaf = last_component(name);
  return leaf == "scale_input" || leaf == "input_scale" || leaf == "comfy_quant" ||
         leaf == "scaled_fp8";
}

bool is_quantisation_data(const std::string& name) {
  const std::string_view leaf = last_component(name);
  return leaf == "scale_weight" || leaf == "weight_scale" || is_quantisation_note(name);
}

}  // namespace zoetrope
