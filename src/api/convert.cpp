#include "zoetrope/convert.h"

#include <algorithm>
#include <system_error>

#include <c10/core/InferenceMode.h>

#include "api/guarded.h"
#include "checkpoint/part_export.h"
#include "core/checked_math.h"
#include "core/files.h"
#include "models/families.h"
#include "models/find_model.h"
#include "models/umt5/original_names.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

// While it is in the folder, model_index.json may be missing and weights too.
constexpr const char* kUnfinished = "unfinished_conversion.json";
constexpr const char* kTokenizerFiles[] = {"tokenizer.json", "spiece.model",
                                           "tokenizer_config.json", "special_tokens_map.json",
                                           "added_tokens.json"};
constexpr std::uint64_t kMaxCopied = 100'000'000;

ExportOptions export_options(const ConvertOptions& options) {
  ExportOptions result;
  if (options.max_shard_bytes < 1) {
    throw Error(ErrorCode::kUsage, "convert: shards of " + std::to_string(options.max_shard_bytes) +
                                       " bytes (expected at least 1)");
  }
  result.max_shard_bytes = static_cast<std::uint64_t>(options.max_shard_bytes);
  if (options.dtype == "fp32") {
    result.dtype = DType::kF32;
  } else if (options.dtype == "bf16") {
    result.dtype = DType::kBF16;
  } else if (options.dtype == "fp16") {
    result.dtype = DType::kF16;
  } else if (options.dtype != "keep") {
    throw Error(ErrorCode::kUsage, "convert to dtype '" + options.dtype +
                                       "': unknown (expected keep, bf16, fp16 or fp32)");
  }
  return result;
}

void set(Json::Object& object, const std::string& key, Json value) {
  const auto entry = std::ranges::find(object, key, &Json::Object::value_type::first);
  if (entry == object.end()) {
    object.emplace_back(key, std::move(value));
  } else {
    entry->second = std::move(value);
  }
}

void write_json(const fs::path& path, Json::Object object) {
  write_file_atomically(path, Json(std::move(object)).dump(2) + "\n");
}

/// A model on its way to a diffusers folder.
class Conversion {
 public:
  Conversion(const ModelFiles& model, const ConvertOptions& options)
      : options_(options),
        export_options_(export_options(options)),
        index_(find_model(model)),
        family_(find_family(index_)),
        parts_((family_.load(index_, at::kFloat), family_.diffusers_parts(index_))) {
    for (const DiffusersPart& part : parts_) {
      exports_.emplace_back(part.files, part.stem, export_options_);
    }
  }

  ConvertResult run(const RunHooks& hooks) {
    const std::string description = describe().dump(2) + "\n";
    const bool resumed = check_output(description);
    ConvertResult result = count();
    check_space(result.bytes - result.kept_bytes);
    if (!resumed) {
      fs::create_directory(options_.output);
      write_file_atomically(options_.output / kUnfinished, description);
    }
    write_weights(result.bytes, hooks);
    write_rest();
    fs::remove(options_.output / kUnfinished);
    sync_path(options_.output);
    return result;
  }

 private:
  // What is converted into what: an unfinished conversion may be gone on with if it says the same.
  Json describe() const {
    Json::Array sources;
    for (const DiffusersPart& part : parts_) {
      for (const fs::path& path : part.files.paths()) {
        const auto changed = fs::last_write_time(path).time_since_epoch().count();
        sources.push_back(Json::Object{{"part", part.name},
                                       {"path", fs::absolute(path).lexically_normal().string()},
                                       {"bytes", fs::file_size(path)},
                                       {"changed", static_cast<std::int64_t>(changed)}});
      }
    }
    return Json::Object{{"dtype", options_.dtype},
                        {"max_shard_bytes", options_.max_shard_bytes},
                        {"sources", std::move(sources)}};
  }

  // Whether the output is this conversion, unfinished. Throws unless it is, or empty, or not there.
  bool check_output(const std::string& description) const {
    const fs::path& output = options_.output;
    const auto refuse = [&](const std::string& found) {
      throw Error(ErrorCode::kUsage, "convert to " + output.string() + ": " + found +
                                         " (expected a new folder, or the unfinished conversion "
                                         "of the same model with the same options)");
    };
    if (output.empty()) refuse("no name");
    if (!is_there(output)) {
      const fs::path above = output.has_parent_path() ? output.parent_path() : fs::path(".");
      std::error_code ignored;
      if (!fs::is_directory(above, ignored)) {
        throw Error(ErrorCode::kResource, "convert to " + output.string() + ": the folder " +
                                              above.string() + " does not exist");
      }
      return false;
    }
    std::error_code error;
    if (!fs::is_directory(output, error)) refuse("it is a file");
    if (fs::is_empty(output, error) && !error) return false;
    const fs::path marker = output / kUnfinished;
    if (!is_there(marker)) refuse("the folder exists and is not empty");
    if (read_text_file(marker, kMaxCopied) != description) {
      refuse("it holds the unfinished conversion of another model or with other options");
    }
    return true;
  }

  ConvertResult count() const {
    CheckedSize bytes = 0, missing = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      bytes = bytes + exports_[i].total_bytes();
      missing = missing + exports_[i].missing_bytes(options_.output / parts_[i].name);
    }
    ConvertResult result;
    result.bytes = static_cast<std::int64_t>(bytes.value());
    result.kept_bytes = static_cast<std::int64_t>((bytes - missing).value());
    return result;
  }

  void check_space(std::int64_t needed) const {
    fs::path folder = options_.output;
    if (!is_there(folder)) folder = folder.has_parent_path() ? folder.parent_path() : ".";
    const std::uint64_t free = free_bytes(folder);
    if (free < static_cast<std::uint64_t>(needed)) {
      throw Error(ErrorCode::kResource, "convert to " + options_.output.string() + ": " +
                                            std::to_string(free) + " bytes are free (needs " +
                                            std::to_string(needed) + ")");
    }
  }

  void write_weights(std::int64_t total, const RunHooks& hooks) const {
    std::int64_t done = 0;
    const auto on_bytes = [&](std::uint64_t bytes) {
      done += static_cast<std::int64_t>(bytes);
      hooks.progress(Stage::kConvert, done, total);
      if (hooks.stopping()) {
        throw Error(ErrorCode::kStopped, "stopped on request; the same command goes on from here");
      }
    };
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const fs::path folder = options_.output / parts_[i].name;
      fs::create_directory(folder);
      exports_[i].write(folder, on_bytes);
      write_json(folder / "config.json", config_of(parts_[i]));
    }
  }

  // transformers wants to know in what type its models are stored.
  Json::Object config_of(const DiffusersPart& part) const {
    Json::Object config = part.config;
    if (part.stem != "model" || !export_options_.dtype) return config;
    std::erase_if(config, [](const auto& entry) { return entry.first == "torch_dtype"; });
    set(config, "dtype",
        options_.dtype == "fp32"   ? "float32"
        : options_.dtype == "bf16" ? "bfloat16"
                                   : "float16");
    return config;
  }

  void copy(const fs::path& from, const fs::path& to) const {
    if (is_there(from)) write_file_atomically(to, read_text_file(from, kMaxCopied));
  }

  void write_tokenizer(const fs::path& from) const {
    const fs::path folder = options_.output / "tokenizer";
    fs::create_directory(folder);
    if (fs::is_regular_file(from)) {
      write_file_atomically(folder / "spiece.model",
                            sentencepiece_of(TensorFiles::open_path(from)));
      return;
    }
    for (const char* name : kTokenizerFiles) copy(from / name, folder / name);
  }

  void write_rest() const {
    const fs::path& output = options_.output;
    fs::create_directory(output / "scheduler");
    write_json(output / "scheduler/scheduler_config.json",
               index_.component_config("scheduler", "scheduler_config.json").entries());
    write_tokenizer(index_.component_path("tokenizer"));
    const bool stills = std::ranges::count(parts_, "image_encoder", &DiffusersPart::name) > 0;
    if (stills) {
      fs::create_directory(output / "image_processor");
      write_json(output / "image_processor/preprocessor_config.json",
                 index_.component_config("image_processor", "preprocessor_config.json").entries());
    }
    std::error_code ignored;
    if (fs::is_directory(index_.folder(), ignored)) {
      copy(index_.folder() / "generation_config.json", output / "generation_config.json");
    }
    Json::Object scalars = index_.scalars().entries();
    for (auto& [key, value] : scalars) {
      if (!stills && (key == "image_encoder" || key == "image_processor")) {
        value = Json::Array{Json(), Json()};  // named, but nothing reads what it would see
      }
    }
    write_json(output / "model_index.json", std::move(scalars));
  }

  const ConvertOptions& options_;
  ExportOptions export_options_;
  ModelIndex index_;
  const ModelFamily& family_;
  std::vector<DiffusersPart> parts_;
  std::vector<PartExport> exports_;
};

}  // namespace

ConvertResult convert_checkpoint(const ModelFiles& model, const ConvertOptions& options,
                                 const RunHooks& hooks) {
  return guarded([&] {
    const c10::InferenceMode inference;
    try {
      return Conversion(model, options).run(hooks);
    } catch (const fs::filesystem_error& error) {
      throw Error(ErrorCode::kResource,
                  "convert to " + options.output.string() + ": " + error.code().message());
    }
  });
}

}  // namespace zoetrope
