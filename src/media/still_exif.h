#pragma once

#include <cstdint>
#include <span>

namespace zoetrope::media {

/// The orientation, 1 to 8, that an EXIF block (TIFF, with or without "Exif\0\0" before it) gives
/// in its first directory; 1, upright, if it gives none or is damaged.
/// Source: CIPA DC-008 (Exif 2.32), tag 0x0112.
int exif_orientation(std::span<const std::uint8_t> exif);

}  // namespace zoetrope::media
