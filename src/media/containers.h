#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace zoetrope::media {

/// A kind of file we write, chosen by the name's extension.
struct Container {
  const char* extension;            ///< ".mp4"
  const char* muxer;                ///< FFmpeg's name; nullptr: a sequence of PNG files
  std::vector<const char*> codecs;  ///< our names; the first is the default
  /// MP4 and MOV: written in fragments, then stream-copied with the index first.
  bool fragmented;
  bool tagged;  ///< can carry the recipe as tags
};

std::span<const Container> containers();

/// Throws Error(kUsage) naming what was found and all that is known.
const Container& container_of(const std::filesystem::path& path);

/// ".mp4 .mov .mkv": where a codec may go.
std::string extensions_for(const std::string& codec);

}  // namespace zoetrope::media
