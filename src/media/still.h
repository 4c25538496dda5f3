#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "media/picture.h"

namespace zoetrope {

/// Told, as a sentence, what a reader of a still had to decide: transparency over a background, a
/// colour profile that could not be used, all but the first of several pictures left out.
using StillNote = std::function<void(const std::string&)>;

constexpr std::uint64_t kMaxStillBytes = 256 << 20;
constexpr std::int64_t kMaxStillPixels = 64'000'000;

/// Reads a PNG, JPEG or WebP file, recognised by its first bytes and never by its name: turned as
/// its EXIF orientation says, converted to sRGB where it carries a colour profile, transparency
/// laid over black. The file is read whole and decoded from memory; sizes are checked before
/// anything is allocated for them.
///
/// Throws Error(kCorrupt) "read still PATH: …" for a file that is missing, too large, damaged, or
/// of another kind.
Picture read_still(const std::filesystem::path& path, const StillNote& note);

}  // namespace zoetrope
