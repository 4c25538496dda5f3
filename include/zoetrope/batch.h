#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "zoetrope/request.h"
#include "zoetrope/video_file.h"

namespace zoetrope {

/// One clip of a batch, as its prompt file asks for it.
struct BatchJob {
  std::string id;  ///< unique in the batch; a file name: letters, digits, '-', '_', '.'
  GenerationRequest request;
  VideoFileOptions video;  ///< the path is the clip's, in the output folder
  int line = 0;            ///< of the prompt file, from 1
};

}  // namespace zoetrope
