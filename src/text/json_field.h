#pragma once

#include <string>

#include "core/json.h"
#include "core/quote.h"
#include "zoetrope/error.h"

namespace zoetrope {

/// A value in a JSON file together with where it is, so that an error can say so.
class JsonField {
 public:
  JsonField(const Json& json, std::string file) : JsonField(json, std::move(file), "") {}

  const Json& json() const { return *json_; }

  /// "read FILE: 'a.b[3]'"
  std::string where() const { return "read " + file_ + ": " + in_quotes(key_); }

  /// Throws Error(kCorrupt): where, found.
  [[noreturn]] void fail(const std::string& found) const {
    throw Error(ErrorCode::kCorrupt, where() + found);
  }

  /// Whether the member is there and not null.
  bool has(const std::string& key) const {
    const Json* member = json_->find(key);
    return member != nullptr && !member->is_null();
  }

  /// The member `key`. Throws Error(kCorrupt) if it is missing or this is not an object.
  JsonField at(const std::string& key) const {
    if (!json_->is_null()) json_->as_object(where());
    const Json* member = json_->find(key);
    const std::string name = key_.empty() ? key : key_ + "." + key;
    if (member == nullptr) {
      throw Error(ErrorCode::kCorrupt, "read " + file_ + ": " + in_quotes(name) + " is missing");
    }
    return {*member, file_, name};
  }

  JsonField item(std::size_t index) const {
    return {array().at(index), file_, key_ + "[" + std::to_string(index) + "]"};
  }

  const Json::Array& array() const { return json_->as_array(where()); }
  const std::string& text() const { return json_->as_string(where()); }
  std::int64_t integer() const { return json_->as_integer(where()); }
  double number() const { return json_->as_number(where()); }
  bool flag() const { return json_->as_bool(where()); }

  /// The boolean member `key`, or `absent` if it is missing or null.
  bool flag_or(const std::string& key, bool absent) const {
    return has(key) ? at(key).flag() : absent;
  }

 private:
  JsonField(const Json& json, std::string file, std::string key)
      : json_(&json), file_(std::move(file)), key_(std::move(key)) {}

  const Json* json_;
  std::string file_;
  std::string key_;
};

}  // namespace zoetrope
