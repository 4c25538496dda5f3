#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "media/picture.h"
#include "media/still.h"

namespace zoetrope::media {

/// The bytes of a whole file.
using StillBytes = std::span<const std::uint8_t>;

/// What a still's first bytes say it is.
enum class StillKind { kPng, kJpeg, kWebp };

/// As many first bytes as recognize_still looks at.
constexpr std::size_t kStillHeadBytes = 32;

/// Throws Error(kCorrupt) naming the kind where it is known: "a GIF (expected PNG, JPEG or WebP)".
StillKind recognize_still(StillBytes head);

/// The longest side of a still: what a JPEG's header can say.
constexpr std::uint64_t kMaxStillSide = 65'535;

/// Throws Error(kCorrupt) unless a picture of this size may be decoded.
void require_still_size(std::uint64_t width, std::uint64_t height);

/// Decode a file of their kind as read_still describes. Throw Error(kCorrupt) with what is wrong.
Picture decode_png(StillBytes bytes, const StillNote& note);
Picture decode_jpeg(StillBytes bytes, const StillNote& note);
Picture decode_webp(StillBytes bytes, const StillNote& note);

/// Decodes a file of any of the three kinds. Throws Error(kCorrupt).
Picture decode_still(StillBytes bytes, const StillNote& note);

/// What lies beside the picture in a JPEG.
struct JpegExtras {
  int orientation = 1;
  std::vector<std::uint8_t> profile;  ///< ICC; empty if there is none
  bool profile_broken = false;        ///< parts are missing or doubled
};

/// Reads the segments before a JPEG's first scan. Never throws for what it finds: libjpeg judges.
JpegExtras read_jpeg_extras(StillBytes bytes);

}  // namespace zoetrope::media
