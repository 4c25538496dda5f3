#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace zoetrope {

/// What a JSON text from a stranger may cost.
struct JsonLimits {
  std::size_t max_bytes = 100'000'000;
  std::size_t max_depth = 32;
  std::size_t max_values = 4'000'000;
};

/// A JSON value. Objects keep the order of their keys, and a key occurs once.
///
/// The checked getters (`as_…`, `at`) throw Error(kCorrupt) that names `where` the text came from,
/// the key and both types.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;  ///< null
  Json(bool value) : value_(value) {}
  Json(int value) : value_(static_cast<std::int64_t>(value)) {}
  Json(std::int64_t value) : value_(value) {}
  Json(std::uint64_t value);
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  /// Parses bounded, strict JSON (UTF-8, no comments, no duplicate keys).
  /// Throws Error(kCorrupt) "read `where`: …".
  static Json parse(std::string_view text, const std::string& where, const JsonLimits& limits = {});

  /// Compact with indent < 0, else pretty. UTF-8 stays as it is.
  std::string dump(int indent = -1) const;

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }
  const char* type_name() const;

  /// `where` is the beginning of the message: "read vae/config.json: 'z_dim'".
  bool as_bool(const std::string& where) const;
  std::int64_t as_integer(const std::string& where) const;  ///< 3 and 3.0, not 3.5
  double as_number(const std::string& where) const;
  const std::string& as_string(const std::string& where) const;
  const Array& as_array(const std::string& where) const;
  const Object& as_object(const std::string& where) const;

  /// The member `key` of an object, or nullptr if there is none or this is not an object.
  const Json* find(std::string_view key) const;

  /// Appends a member; the caller sees to it that the key is new. Turns null into an object.
  void set(std::string key, Json value);

  /// Appends an item. Turns null into an array.
  void append(Json value);

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

}  // namespace zoetrope
