#include "core/json.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "core/check.h"
#include "core/quote.h"
#include "core/utf8.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

// Builds a Json while the text is read, so that a hostile text is stopped at its first excess
// instead of after a document many times its size has been built.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(const std::string& where, const JsonLimits& limits) : where_(where), limits_(limits) {}

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add(Json(std::int64_t{value})); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      fail("the integer " + std::to_string(value) + " does not fit in 63 bits");
    }
    return add(Json(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t&) override { return add(Json(value)); }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(Json(Json::Object{})); }
  bool start_array(std::size_t) override { return open(Json(Json::Array{})); }
  bool end_object() override {
    refuse_repeated_keys(open_.back().value.as_object(""));
    return close();
  }
  bool end_array() override { return close(); }

  bool key(string_t& value) override {
    open_.back().key = std::move(value);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    fail("not JSON at byte " + std::to_string(position));
  }

  Json take() { return std::move(root_); }

 private:
  struct Level {
    Json value;
    std::string key;
  };

  [[noreturn]] void fail(const std::string& found) const {
    throw Error(ErrorCode::kCorrupt, "read " + where_ + ": " + found);
  }

  // At the object's end and on views, because a set of the keys would double their memory.
  void refuse_repeated_keys(const Json::Object& members) const {
    std::vector<std::string_view> keys;
    keys.reserve(members.size());
    for (const auto& [key, value] : members) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice != keys.end()) fail("the key " + in_quotes(*twice) + " occurs twice");
  }

  bool add(Json value) {
    if (++values_ > limits_.max_values) {
      fail("more than " + std::to_string(limits_.max_values) + " values");
    }
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Level& level = open_.back(); level.value.is_object()) {
      level.value.set(std::move(level.key), std::move(value));
    } else {
      level.value.append(std::move(value));
    }
    return true;
  }

  bool open(Json value) {
    if (open_.size() >= limits_.max_depth) {
      fail("nested deeper than " + std::to_string(limits_.max_depth) + " levels");
    }
    open_.push_back({std::move(value), {}});
    return true;
  }

  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  const std::string& where_;
  const JsonLimits& limits_;
  std::size_t values_ = 0;
  std::vector<Level> open_;
  Json root_;
};

[[noreturn]] void wrong_type(const std::string& where, const char* found, const char* expected) {
  throw Error(ErrorCode::kCorrupt, where + " is " + found + " (expected " + expected + ")");
}

}  // namespace

Json::Json(std::uint64_t value) : value_(static_cast<std::int64_t>(value)) {
  ZOETROPE_CHECK(value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
}

Json Json::parse(std::string_view text, const std::string& where, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    throw Error(ErrorCode::kCorrupt, "read " + where + ": " + std::to_string(text.size()) +
                                         " bytes of JSON (at most " +
                                         std::to_string(limits.max_bytes) + ")");
  }
  if (const std::size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) {
    throw Error(ErrorCode::kCorrupt,
                "read " + where + ": not UTF-8 at byte " + std::to_string(bad));
  }
  // The parser takes a NUL for the end of the text, so that anything could hide behind one.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    throw Error(ErrorCode::kCorrupt, "read " + where + ": NUL at byte " + std::to_string(nul));
  }
  Builder builder(where, limits);
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

namespace {

nlohmann::ordered_json to_nlohmann(const Json& json) {
  if (json.is_null()) return nullptr;
  if (json.is_bool()) return json.as_bool("");
  if (json.is_integer()) return json.as_integer("");
  if (json.is_number()) return json.as_number("");
  if (json.is_string()) return json.as_string("");
  if (json.is_array()) {
    auto array = nlohmann::ordered_json::array();
    for (const Json& item : json.as_array("")) array.push_back(to_nlohmann(item));
    return array;
  }
  auto object = nlohmann::ordered_json::object();
  for (const auto& [key, value] : json.as_object("")) object[key] = to_nlohmann(value);
  return object;
}

}  // namespace

std::string Json::dump(int indent) const {
  return to_nlohmann(*this).dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

const char* Json::type_name() const {
  static constexpr const char* kNames[] = {"null",     "a boolean", "an integer", "a number",
                                           "a string", "an array",  "an object"};
  return kNames[value_.index()];
}

bool Json::as_bool(const std::string& where) const {
  if (!is_bool()) wrong_type(where, type_name(), "a boolean");
  return std::get<bool>(value_);
}

std::int64_t Json::as_integer(const std::string& where) const {
  if (is_integer()) return std::get<std::int64_t>(value_);
  if (const double* number = std::get_if<double>(&value_)) {
    if (*number > -9e15 && *number < 9e15 && *number == std::floor(*number)) {
      return static_cast<std::int64_t>(*number);
    }
  }
  wrong_type(where, type_name(), "an integer");
}

double Json::as_number(const std::string& where) const {
  if (is_integer()) return static_cast<double>(std::get<std::int64_t>(value_));
  if (const double* number = std::get_if<double>(&value_)) return *number;
  wrong_type(where, type_name(), "a number");
}

const std::string& Json::as_string(const std::string& where) const {
  if (!is_string()) wrong_type(where, type_name(), "a string");
  return std::get<std::string>(value_);
}

const Json::Array& Json::as_array(const std::string& where) const {
  if (!is_array()) wrong_type(where, type_name(), "an array");
  return std::get<Array>(value_);
}

const Json::Object& Json::as_object(const std::string& where) const {
  if (!is_object()) wrong_type(where, type_name(), "an object");
  return std::get<Object>(value_);
}

const Json* Json::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (const auto& [name, value] : std::get<Object>(value_)) {
    if (name == key) return &value;
  }
  return nullptr;
}

void Json::set(std::string key, Json value) {
  if (is_null()) value_ = Object{};
  ZOETROPE_CHECK(is_object());
  std::get<Object>(value_).emplace_back(std::move(key), std::move(value));
}

void Json::append(Json value) {
  if (is_null()) value_ = Array{};
  ZOETROPE_CHECK(is_array());
  std::get<Array>(value_).push_back(std::move(value));
}

}  // namespace zoetrope
