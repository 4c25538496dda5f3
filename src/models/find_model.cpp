#include "models/find_model.h"

#include "core/files.h"
#include "models/wan/loose_model.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

// Parts in place of a diffusers folder's own. One without a config of its own is taken for what
// the folder's config says, which its tensors must then agree with.
std::map<std::string, PartPlace> replacements(const ModelFiles& files) {
  std::map<std::string, PartPlace> places = named_parts(files);
  for (auto& [component, place] : places) {
    const auto config = files.folder / component / "config.json";
    const bool made_up = place.config && place.config->path() == place.path;
    if (made_up && is_there(config)) place.config = ConfigFile(config);
  }
  return places;
}

}  // namespace

ModelIndex find_model(const ModelFiles& files) {
  if (files.folder.empty() || is_loose_folder(files.folder)) return loose_wan_model(files);

  ModelIndex index(files.folder);
  if (!files.transformer_2.empty() && index.component_class("transformer_2").empty()) {
    throw Error(ErrorCode::kUsage,
                "open model " + files.folder.string() +
                    ": it has one transformer, and a second one is given (expected the parts of a "
                    "model with two experts)");
  }
  index.replace(replacements(files));
  return index;
}

}  // namespace zoetrope
