#include "api/recipe.h"

#include <type_traits>

#include "core/json.h"
#include "core/sha256.h"
#include "zoetrope/error.h"
#include "zoetrope/version.h"

namespace zoetrope {
namespace {

constexpr int kRecipeVersion = 1;

Json to_json(const Rational& rate) { return to_string(rate); }
template <typename Value>
Json to_json(const Value& value) {
  return Json(value);
}

std::string as_text(const Json& value) {
  return value.is_string() ? value.as_string("") : value.dump();
}

// Reads one member from JSON; the types are those of GenerationRequest.
void read_member(const Json& json, const std::string& where, std::string* member) {
  *member = json.as_string(where);
}
void read_member(const Json& json, const std::string& where, double* member) {
  *member = json.as_number(where);
}
void read_member(const Json& json, const std::string& where, std::int64_t* member) {
  *member = json.as_integer(where);
}
void read_member(const Json& json, const std::string& where, int* member) {
  const std::int64_t value = json.as_integer(where);
  if (value < INT32_MIN || value > INT32_MAX) {
    throw Error(ErrorCode::kCorrupt,
                where + " is " + std::to_string(value) + " (expected a 32-bit integer)");
  }
  *member = static_cast<int>(value);
}
void read_member(const Json& json, const std::string& where, Rational* member) {
  *member = parse_frame_rate(json.as_string(where));
}

}  // namespace

StillHashes hash_stills(const GenerationRequest& request) {
  const auto hash = [](const std::string& path) {
    return path.empty() ? "" : sha256_of_file(path);
  };
  return {hash(request.image), hash(request.last_image)};
}

Recipe make_recipe(const GenerationRequest& request, const CheckpointInfo& checkpoint,
                   const StillHashes& stills, const std::string& weights_sha256,
                   const std::string& dtype) {
  Json::Object object;
  object.emplace_back("recipe_version", kRecipeVersion);
  visit_used(request, [&](const char* key, const auto& member, const char*) {
    object.emplace_back(key, to_json(member));
  });
  if (!stills.first.empty()) object.emplace_back("image_sha256", stills.first);
  if (!stills.last.empty()) object.emplace_back("last_image_sha256", stills.last);
  object.emplace_back("dtype", dtype);
  object.emplace_back("model", checkpoint.name);
  object.emplace_back("model_sha256", weights_sha256);
  object.emplace_back("software", std::string("Zoetrope ") + kVersion);

  Recipe recipe;
  for (const auto& [key, value] : object) recipe.tags.emplace_back(key, as_text(value));
  recipe.json = Json(std::move(object)).dump();
  return recipe;
}

GenerationRequest request_of_recipe(const std::string& text, const std::string& where) {
  const Json json = Json::parse(text, where, {.max_bytes = 8 << 20, .max_depth = 4});
  GenerationRequest request;
  visit_request(request, [&](const char* key, auto& member, const char*) {
    if (const Json* value = json.find(key)) {
      read_member(*value, "read " + where + ": '" + key + "'", &member);
    }
  });
  return request;
}

std::string hash_weights(const CheckpointInfo& checkpoint, const std::atomic<bool>& stop) {
  std::string lines;
  for (const auto& component : checkpoint.components) {
    for (const auto& path : component.files) {
      lines += sha256_of_file(path, &stop) + "  " + component.name + "/" +
               path.filename().string() + "\n";
    }
  }
  return sha256_of(lines);
}

}  // namespace zoetrope
