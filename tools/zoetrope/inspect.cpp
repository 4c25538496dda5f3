#include <algorithm>
#include <filesystem>
#include <system_error>
#include <type_traits>

#include "commands.h"
#include "core/files.h"
#include "core/json.h"
#include "numbers.h"
#include "terminal.h"
#include "zoetrope/checkpoint.h"
#include "zoetrope/generator.h"
#include "zoetrope/video_file.h"

namespace zoetrope::cli {
namespace {

// A value as the list of rows shows it: objects and arrays stay JSON.
std::string as_text(const Json& value) {
  return value.is_string() ? value.as_string("") : value.dump();
}

constexpr std::size_t kNameWidth = 24;

std::string row(const std::string& name, const std::string& value) {
  return cli::row(name, value, kNameWidth);
}

// Members as rows; those of an object within are indented below its name.
std::string rows(const Json& json, const std::string& indent = "") {
  std::string text;
  for (const auto& [key, value] : json.as_object("")) {
    if (value.is_object()) {
      text += indent + key + "\n" + rows(value, indent + "  ");
    } else {
      text += row(indent + key, as_text(value));
    }
  }
  return text;
}

void set_request(Json& json, const GenerationRequest& request) {
  visit_used(request, [&](const char* key, const auto& member, const char*) {
    using Member = std::decay_t<decltype(member)>;
    if (std::string(key) == "prompt" || std::string(key) == "seed") return;
    if constexpr (std::is_same_v<Member, Rational>) {
      json.set(key, to_string(member));
    } else {
      json.set(key, member);
    }
  });
}

const char* word(StillUse use) {
  switch (use) {
    case StillUse::kNone:
      return "none";
    case StillUse::kOptional:
      return "optional";
    case StillUse::kRequired:
      return "required";
  }
  return "";
}

Json describe(const CheckpointInfo& info) {
  Json json;
  json.set("kind", "checkpoint");
  json.set("name", info.name);
  json.set("family", info.family);
  json.set("pipeline", info.pipeline_class);
  json.set("width_multiple", info.width_multiple());
  json.set("height_multiple", info.height_multiple());
  json.set("frame_multiple", info.frame_multiple);
  json.set("latent_channels", info.latent_channels);
  json.set("spatial_compression", info.spatial_compression);
  json.set("max_prompt_tokens", info.max_prompt_tokens);
  json.set("image", word(info.image));
  json.set("last_image", word(info.last_image));
  json.set("experts", info.two_experts ? 2 : 1);
  Json components;
  for (const ComponentInfo& part : info.components) {
    Json component;
    component.set("class", part.class_name);
    component.set("dtype", part.dtype);
    component.set("parameters", part.parameters);
    component.set("bytes", part.bytes);
    component.set("files", static_cast<std::int64_t>(part.files.size()));
    components.set(part.name, std::move(component));
  }
  json.set("components", std::move(components));
  Json defaults;
  set_request(defaults, info.defaults);
  json.set("defaults", std::move(defaults));
  return json;
}

void set_recipe(Json& json, const std::string& recipe, const std::string& where) {
  if (!recipe.empty()) json.set("recipe", Json::parse(recipe, where + ": recipe"));
}

Json describe(const LatentsInfo& info, const std::string& where) {
  Json shape;
  for (const std::int64_t size : info.shape) shape.append(size);
  Json json;
  json.set("kind", "latents");
  json.set("shape", std::move(shape));
  json.set("complete", info.complete);
  set_recipe(json, info.recipe_json, where);
  return json;
}

Json describe(const VideoFileInfo& info, const std::string& where) {
  Json json;
  json.set("kind", "video");
  json.set("container", info.container);
  json.set("codec", info.codec);
  json.set("pixel_format", info.pixel_format);
  json.set("color", info.color);
  json.set("width", info.width);
  json.set("height", info.height);
  json.set("fps", to_string(info.fps));
  json.set("frames", info.frames);
  json.set("duration_s", info.duration_s);
  set_recipe(json, info.recipe_json, where);
  return json;
}

// A safetensors file begins with its header's length, eight bytes, and then a JSON object.
bool looks_like_safetensors(const std::filesystem::path& path) {
  const InputFile file(path);
  if (path.extension() == ".safetensors") return true;
  if (file.size() < 10) return false;
  std::string head(10, '\0');
  file.read_at(0, head.data(), head.size());
  return head[8] == '{' && head[9] == '"' && head[7] == '\0' && head[6] == '\0';
}

bool any_given(const ModelFiles& parts) {
  bool given = false;
  visit_parts(parts, [&](const char*, const auto& path, const char*) { given |= !path.empty(); });
  return given;
}

Json describe(const std::string& path, ModelFiles parts) {
  std::error_code unknown;
  if (any_given(parts) || std::filesystem::is_directory(path, unknown)) {
    parts.folder = path;
    return describe(inspect_checkpoint(parts));
  }
  if (looks_like_safetensors(path)) return describe(inspect_latents(path), path);
  return describe(inspect_video_file(path), path);
}

// For people: sizes with units, one line a component.
std::string component_rows(const Json& components) {
  std::string text = "components\n";
  for (const auto& [name, part] : components.as_object("")) {
    const std::int64_t files = part.find("files")->as_integer("");
    text += row("  " + name, part.find("class")->as_string("") + ", " +
                                 std::to_string(part.find("parameters")->as_integer("")) +
                                 " parameters, " + part.find("dtype")->as_string("") + ", " +
                                 human_bytes(part.find("bytes")->as_integer("")) + " in " +
                                 std::to_string(files) + (files == 1 ? " file" : " files"));
  }
  return text;
}

std::string as_rows(const Json& json) {
  std::string text;
  for (const auto& [key, value] : json.as_object("")) {
    if (key == "components") {
      text += component_rows(value);
    } else {
      text += rows(Json(Json::Object{{key, value}}));
    }
  }
  return text;
}

}  // namespace

void run_inspect(const InspectOptions& options) {
  const Json json = describe(options.path, options.parts);
  print_result(options.json ? json.dump(2) + "\n" : as_rows(json));
}

}  // namespace zoetrope::cli
