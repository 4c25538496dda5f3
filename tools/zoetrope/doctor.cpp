#include <algorithm>

#include "commands.h"
#include "core/json.h"
#include "machine.h"
#include "model_folder.h"
#include "numbers.h"
#include "terminal.h"
#include "zoetrope/checkpoint.h"
#include "zoetrope/version.h"
#include "zoetrope/video_file.h"

namespace zoetrope::cli {
namespace {

Json versions() {
  Json json;
  json.set("zoetrope", kVersion);
  json.set("libtorch", LIBTORCH_VERSION);
  json.set("libavformat", LIBAVFORMAT_VERSION);
  json.set("libavcodec", LIBAVCODEC_VERSION);
  json.set("libpng", LIBPNG_VERSION);
  json.set("libjpeg", LIBJPEG_VERSION);
  json.set("libwebp", LIBWEBP_VERSION);
  json.set("lcms2", LCMS2_VERSION);
  json.set("compiler", __VERSION__);
  return json;
}

Json machine_json(const Machine& machine) {
  Json features{Json::Array{}};
  for (const std::string& feature : machine.features) features.append(feature);
  Json json;
  json.set("processor", machine.processor);
  json.set("features", std::move(features));
  json.set("threads", machine.threads);
  json.set("memory_bytes", machine.memory_bytes);
  json.set("available_bytes", machine.available_bytes);
  return json;
}

Json encoders_json() {
  Json list{Json::Array{}};
  for (const EncoderInfo& info : list_encoders()) {
    Json json;
    json.set("codec", info.codec);
    json.set("encoder", info.encoder);
    json.set("containers", info.containers);
    json.set("ten_bit", info.ten_bit);
    list.append(std::move(json));
  }
  return list;
}

// A checkpoint that can't be used is something to report here, not a reason to end.
Json model_json(const std::string& given, Json& missing) {
  Json json;
  try {
    const ModelFiles model = choose_model({given});
    json.set("folder", model.folder.string());
    const CheckpointInfo info = inspect_checkpoint(model);
    json.set("name", info.name);
    json.set("family", info.family);
    json.set("usable", true);
  } catch (const Error& error) {
    json.set("usable", false);
    missing.append(std::string("model: ") + error.what());
  }
  return json;
}

Json examine(const DoctorOptions& options) {
  Json missing{Json::Array{}};
  Json json;
  json.set("versions", versions());
  json.set("machine", machine_json(describe_machine()));
  json.set("devices", Json::Array{"cpu"});
  json.set("encoders", encoders_json());
  for (const Json& encoder : json.find("encoders")->as_array("")) {
    if (encoder.find("encoder")->as_string("").empty()) {
      missing.append("codec " + encoder.find("codec")->as_string("") +
                     ": this FFmpeg has no encoder for it");
    }
  }
  json.set("model", model_json(options.model, missing));
  json.set("missing", std::move(missing));
  return json;
}

constexpr std::size_t kNameWidth = 14;

std::string row(const std::string& name, const std::string& value) {
  return cli::row(name, value, kNameWidth);
}

std::string joined(const Json& list) {
  std::string text;
  for (const Json& item : list.as_array("")) text += (text.empty() ? "" : " ") + item.as_string("");
  return text.empty() ? "none" : text;
}

std::string machine_rows(const Json& machine) {
  return row("processor", machine.find("processor")->as_string("")) +
         row("features", joined(*machine.find("features"))) +
         row("threads", std::to_string(machine.find("threads")->as_integer(""))) +
         row("memory", human_bytes(machine.find("memory_bytes")->as_integer("")) + ", " +
                           human_bytes(machine.find("available_bytes")->as_integer("")) + " free");
}

std::string encoder_rows(const Json& encoders) {
  std::string text;
  for (const Json& encoder : encoders.as_array("")) {
    const std::string& name = encoder.find("encoder")->as_string("");
    text += row("codec " + encoder.find("codec")->as_string(""),
                name.empty()
                    ? "missing"
                    : name + ", " + encoder.find("containers")->as_string("") +
                          (encoder.find("ten_bit")->as_bool("") ? ", 8 and 10 bit" : ", 8 bit"));
  }
  return text;
}

std::string as_rows(const Json& json) {
  std::string text;
  for (const auto& [name, version] : json.find("versions")->as_object("")) {
    text += row(name, version.as_string(""));
  }
  text += machine_rows(*json.find("machine"));
  text += row("devices", joined(*json.find("devices")));
  text += encoder_rows(*json.find("encoders"));
  const Json& model = *json.find("model");
  text +=
      row("model", model.find("usable")->as_bool("") ? model.find("folder")->as_string("") + " (" +
                                                           model.find("family")->as_string("") + ")"
                                                     : "none that can be used");
  const auto& missing = json.find("missing")->as_array("");
  for (const Json& item : missing) text += row("missing", item.as_string(""));
  return text + (missing.empty() ? "nothing is missing\n" : "");
}

}  // namespace

void run_doctor(const DoctorOptions& options) {
  const Json json = examine(options);
  print_result(options.json ? json.dump(2) + "\n" : as_rows(json));
}

}  // namespace zoetrope::cli
