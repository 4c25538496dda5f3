#pragma once

#include <string>
#include <vector>

#include "zoetrope/video_file.h"

namespace zoetrope::batch {

/// What kinds of file this build can write.
class ClipTargets {
 public:
  ClipTargets() : encoders_(list_encoders()) {}

  /// ".mp4", or the first that holds the codec; of an unknown codec ".mp4".
  std::string extension_of(const VideoFileOptions& video) const;

  /// "codec: 'x' is unknown (expected …)": why there can be no such file, or empty.
  std::string fault_of(const VideoFileOptions& video, const std::string& extension) const;

 private:
  std::vector<EncoderInfo> encoders_;
};

/// Why a name can't be that of a clip's frames, or empty.
std::string fault_of_pattern(const std::string& name);

}  // namespace zoetrope::batch
