#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "media/picture.h"

namespace zoetrope::test {

/// Stills in memory, written by the formats' own libraries, and ones put together by hand.

/// Pixels of any picture: (x, y, channel) -> level, different in every corner.
Picture sample_picture(int width, int height);

/// How sample_picture is written as a PNG.
struct PngOptions {
  int bit_depth = 8;   ///< 8 or 16; the lower byte of 16 bits is noise
  bool grey = false;   ///< the red channel alone
  bool alpha = false;  ///< 255 in even columns, 85 in odd ones
  bool interlaced = false;
};
std::string png_bytes(const Picture& picture, const PngOptions& options = {});

/// A PNG chunk with its length and CRC.
std::string png_chunk(const std::string& type, const std::string& data);

/// `png` with `chunk` behind its header.
std::string with_png_chunk(const std::string& png, const std::string& chunk);

/// The signature and a header of this size; then nothing.
std::string png_header(std::uint32_t width, std::uint32_t height);

/// How sample_picture is written as a JPEG.
struct JpegOptions {
  int channels = 3;  ///< 1: red alone; 4: red, green, blue, 255 as CMYK
  bool progressive = false;
  int quality = 95;
  int bands = 0;  ///< > 0: progressive, the coefficients beside the first in so many scans
};
std::string jpeg_bytes(const Picture& picture, const JpegOptions& options = {});

/// `jpeg` with a segment behind its first two bytes.
std::string with_jpeg_segment(const std::string& jpeg, std::uint8_t marker,
                              const std::string& data);

/// Lossless. `alpha`: 255 in even columns, 85 in odd ones.
std::string webp_bytes(const Picture& picture, bool alpha);

/// `webp` with EXIF and ICC chunks, as libwebpmux would put them together.
std::string with_webp_chunks(const std::string& webp, const Picture& picture,
                             const std::string& exif, const std::string& profile);

/// An animation of two pictures of the same size, lossless.
std::string webp_animation(const Picture& first, const Picture& second);

/// An EXIF block (TIFF) with this orientation.
std::string exif_block(int orientation, bool big_endian);

/// ICC profiles: RGB with the primaries of Adobe RGB and a gamma of 2.2; grey with a gamma of 1.
std::string rgb_profile();
std::string grey_profile();

/// Inflates to `bytes` zeros.
std::string zlib_zeros(std::size_t bytes);

}  // namespace zoetrope::test
