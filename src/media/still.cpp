#include "media/still.h"

#include <algorithm>
#include <vector>

#include "core/checked_math.h"
#include "core/files.h"
#include "media/still_decoders.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace media {

void require_still_size(std::uint64_t width, std::uint64_t height) {
  const auto size = std::to_string(width) + "x" + std::to_string(height);
  if (width == 0 || height == 0) {
    throw Error(ErrorCode::kCorrupt, "a picture of " + size + " pixels (at least 1x1)");
  }
  if (width > kMaxStillSide || height > kMaxStillSide) {
    throw Error(ErrorCode::kCorrupt, "a picture of " + size + " pixels (at most " +
                                         std::to_string(kMaxStillSide) + " a side)");
  }
  if (width * height > static_cast<std::uint64_t>(kMaxStillPixels)) {
    throw Error(ErrorCode::kCorrupt, "a picture of " + size + " = " +
                                         std::to_string(width * height) + " pixels (at most " +
                                         std::to_string(kMaxStillPixels) + ")");
  }
}

Picture decode_still(StillBytes bytes, const StillNote& note) {
  switch (recognize_still(bytes.first(std::min(bytes.size(), kStillHeadBytes)))) {
    case StillKind::kPng:
      return decode_png(bytes, note);
    case StillKind::kJpeg:
      return decode_jpeg(bytes, note);
    case StillKind::kWebp:
      break;
  }
  return decode_webp(bytes, note);
}

}  // namespace media

namespace {

std::vector<std::uint8_t> still_bytes(const std::filesystem::path& path) {
  const InputFile file(path);
  std::uint8_t head[media::kStillHeadBytes];
  const std::size_t head_bytes = std::min<std::uint64_t>(file.size(), sizeof(head));
  file.read_at(0, head, head_bytes);
  media::recognize_still({head, head_bytes});
  if (file.size() > kMaxStillBytes) {
    throw Error(ErrorCode::kCorrupt, std::to_string(file.size()) + " bytes (at most " +
                                         std::to_string(kMaxStillBytes) + ")");
  }
  std::vector<std::uint8_t> bytes(file.size());
  file.read_at(0, bytes.data(), bytes.size());
  return bytes;
}

}  // namespace

Picture read_still(const std::filesystem::path& path, const StillNote& note) {
  try {
    const std::vector<std::uint8_t> bytes = still_bytes(path);
    return media::decode_still(bytes, [&](const std::string& sentence) {
      if (note) note("still " + path.string() + ": " + sentence);
    });
  } catch (const Error& error) {
    throw Error(error.code(), "read still " + path.string() + ": " + error.what());
  }
}

}  // namespace zoetrope
