#include "media/still_exif.h"

#include <algorithm>
#include <string_view>

namespace zoetrope::media {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint32_t kOrientationTag = 0x0112;
constexpr std::uint32_t kShort = 3;
constexpr std::size_t kEntryBytes = 12;

bool begins_with(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::equal(text.begin(), text.end(), bytes.begin());
}

// Integers of a TIFF, in the byte order that its first two bytes give.
class Tiff {
 public:
  explicit Tiff(Bytes bytes) : bytes_(bytes), little_(begins_with(bytes, "II")) {}

  bool has(std::size_t at, std::size_t count) const {
    return at <= bytes_.size() && count <= bytes_.size() - at;
  }
  std::uint32_t two(std::size_t at) const { return number(at, 2); }
  std::uint32_t four(std::size_t at) const { return number(at, 4); }

 private:
  std::uint32_t number(std::size_t at, std::size_t count) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value = value << 8 | bytes_[at + (little_ ? count - 1 - i : i)];
    }
    return value;
  }

  Bytes bytes_;
  bool little_;
};

}  // namespace

int exif_orientation(Bytes exif) {
  constexpr std::string_view kPrefix("Exif\0\0", 6);
  if (begins_with(exif, kPrefix)) exif = exif.subspan(kPrefix.size());
  if (!begins_with(exif, std::string_view("II*\0", 4)) &&
      !begins_with(exif, std::string_view("MM\0*", 4))) {
    return 1;
  }
  const Tiff tiff(exif);
  if (!tiff.has(4, 4)) return 1;
  std::size_t at = tiff.four(4);
  if (!tiff.has(at, 2)) return 1;
  const std::size_t entries = tiff.two(at);
  at += 2;
  for (std::size_t i = 0; i < entries && tiff.has(at, kEntryBytes); ++i, at += kEntryBytes) {
    if (tiff.two(at) != kOrientationTag || tiff.two(at + 2) != kShort) continue;
    const std::uint32_t orientation = tiff.two(at + 8);
    return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
  }
  return 1;
}

}  // namespace zoetrope::media
