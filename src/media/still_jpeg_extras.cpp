#include <algorithm>
#include <string_view>

#include "media/still_color.h"
#include "media/still_decoders.h"
#include "media/still_exif.h"

namespace zoetrope::media {
namespace {

using namespace std::string_view_literals;

constexpr std::uint8_t kStartOfScan = 0xDA;
constexpr std::uint8_t kEndOfImage = 0xD9;
constexpr std::uint8_t kExifSegment = 0xE1;
constexpr std::uint8_t kProfileSegment = 0xE2;
constexpr std::string_view kExifName = "Exif\0\0"sv;
constexpr std::string_view kProfileName = "ICC_PROFILE\0"sv;

bool begins_with(StillBytes bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::equal(text.begin(), text.end(), bytes.begin());
}

// Markers that stand alone, without a length.
bool stands_alone(std::uint8_t marker) { return marker <= 0x01 || (marker & 0xF8) == 0xD0; }

// The parts of a profile, each with its number and the count of all, as ICC.1:2010 B.4 says.
class ProfileParts {
 public:
  void add(StillBytes segment) {
    segment = segment.subspan(kProfileName.size());
    if (segment.size() < 2) {
      broken_ = true;
      return;
    }
    parts_.push_back({segment[0], segment[1], segment.subspan(2)});
  }

  void join(JpegExtras& extras) {
    std::stable_sort(parts_.begin(), parts_.end(),
                     [](const Part& a, const Part& b) { return a.number < b.number; });
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      broken_ = broken_ || parts_[i].number != i + 1 || parts_[i].count != parts_.size();
      bytes += parts_[i].data.size();
    }
    extras.profile_broken = broken_ || bytes > kMaxProfileBytes;
    if (extras.profile_broken) return;
    extras.profile.reserve(bytes);
    for (const Part& part : parts_) {
      extras.profile.insert(extras.profile.end(), part.data.begin(), part.data.end());
    }
  }

 private:
  struct Part {
    std::size_t number;
    std::size_t count;
    StillBytes data;
  };
  std::vector<Part> parts_;
  bool broken_ = false;
};

}  // namespace

JpegExtras read_jpeg_extras(StillBytes bytes) {
  JpegExtras extras;
  ProfileParts parts;
  bool exif_seen = false;
  std::size_t at = 2;  // behind the start of the image
  while (at + 1 < bytes.size()) {
    // Fill bytes, and what libjpeg skips as extraneous.
    if (bytes[at] != 0xFF || bytes[at + 1] == 0xFF) {
      ++at;
      continue;
    }
    const std::uint8_t marker = bytes[at + 1];
    at += 2;
    if (stands_alone(marker)) continue;
    if (marker == kStartOfScan || marker == kEndOfImage || bytes.size() - at < 2) break;
    const std::size_t length = std::size_t{bytes[at]} << 8 | bytes[at + 1];
    if (length < 2 || length > bytes.size() - at) break;
    const StillBytes segment = bytes.subspan(at + 2, length - 2);
    if (marker == kExifSegment && !exif_seen && begins_with(segment, kExifName)) {
      exif_seen = true;
      extras.orientation = exif_orientation(segment);
    }
    if (marker == kProfileSegment && begins_with(segment, kProfileName)) parts.add(segment);
    at += length;
  }
  parts.join(extras);
  return extras;
}

}  // namespace zoetrope::media
