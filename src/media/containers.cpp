#include "media/containers.h"

#include <algorithm>
#include <cctype>

#include "zoetrope/error.h"

namespace zoetrope::media {

std::span<const Container> containers() {
  static const std::vector<Container> table = {
      {".mp4", "mp4", {"h264", "hevc", "av1"}, /*fragmented=*/true, /*tagged=*/true},
      {".mov", "mov", {"h264", "hevc", "prores"}, /*fragmented=*/true, /*tagged=*/true},
      {".mkv",
       "matroska",
       {"h264", "hevc", "av1", "vp9", "ffv1"},
       /*fragmented=*/false,
       /*tagged=*/true},
      {".webm", "webm", {"vp9", "av1"}, /*fragmented=*/false, /*tagged=*/true},
      {".gif", "gif", {"gif"}, /*fragmented=*/false, /*tagged=*/false},
      {".png", nullptr, {"png"}, /*fragmented=*/false, /*tagged=*/false},
  };
  return table;
}

const Container& container_of(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  std::string known;
  for (const Container& container : containers()) {
    if (extension == container.extension) return container;
    known += std::string(known.empty() ? "" : " ") + container.extension;
  }
  throw Error(ErrorCode::kUsage, "write " + path.string() + ": unknown extension '" + extension +
                                     "' (known: " + known + ")");
}

std::string extensions_for(const std::string& codec) {
  std::string extensions;
  for (const Container& container : containers()) {
    if (std::ranges::find(container.codecs, codec) == container.codecs.end()) continue;
    extensions += std::string(extensions.empty() ? "" : " ") + container.extension;
  }
  return extensions;
}

}  // namespace zoetrope::media
