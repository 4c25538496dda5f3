#pragma once

#include "checkpoint/model_index.h"
#include "zoetrope/model_files.h"

namespace zoetrope {

/// Whether the folder has no model_index.json but .safetensors files, in it or in the folders that
/// ComfyUI and Wan's own repositories use.
bool is_loose_folder(const std::filesystem::path& folder);

/// A Wan model of loose files: those that are named, and for the rest those that are found in
/// `files.folder`, if that is given. Scheduler, boundary and configs are those of the released
/// models of the kind that the tensors show.
/// Throws Error(kCorrupt) naming the part that is missing, or the files of which only one can be
/// the part.
ModelIndex loose_wan_model(const ModelFiles& files);

/// The parts that are named, for a place of their own in a model that has them already.
std::map<std::string, PartPlace> named_parts(const ModelFiles& files);

}  // namespace zoetrope
