#include "support/stills.h"

#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>
#include <lcms2.h>
#include <png.h>
#include <webp/encode.h>
#include <zlib.h>

namespace zoetrope::test {
namespace {

std::string number(std::uint64_t value, int bytes, bool big_endian) {
  std::string text;
  for (int i = 0; i < bytes; ++i) {
    const int shift = 8 * (big_endian ? bytes - 1 - i : i);
    text += static_cast<char>(value >> shift);
  }
  return text;
}

std::string big(std::uint32_t value) { return number(value, 4, /*big_endian=*/true); }
std::string little(std::uint64_t value, int bytes) {
  return number(value, bytes, /*big_endian=*/false);
}

std::string riff_chunk(const std::string& name, const std::string& data) {
  return name + little(static_cast<std::uint32_t>(data.size()), 4) + data +
         std::string(data.size() % 2, '\0');
}

// A row as the options ask for it, 8 bits.
std::vector<std::uint8_t> png_row(const Picture& picture, int y, const PngOptions& options) {
  std::vector<std::uint8_t> row;
  const std::uint8_t* pixel = picture.rgb.data() + std::ptrdiff_t{y} * picture.width * 3;
  for (int x = 0; x < picture.width; ++x, pixel += 3) {
    for (int c = 0; c < (options.grey ? 1 : 3) + (options.alpha ? 1 : 0); ++c) {
      const bool is_alpha = options.alpha && c == (options.grey ? 1 : 3);
      row.push_back(is_alpha ? (x % 2 == 0 ? 255 : 85) : pixel[c]);
      if (options.bit_depth == 16) row.push_back(static_cast<std::uint8_t>(37 * x + 11 * y + c));
    }
  }
  return row;
}

std::string saved_profile(cmsHPROFILE profile) {
  cmsUInt32Number bytes = 0;
  cmsSaveProfileToMem(profile, nullptr, &bytes);
  std::string text(bytes, '\0');
  cmsSaveProfileToMem(profile, text.data(), &bytes);
  cmsCloseProfile(profile);
  return text;
}

}  // namespace

Picture sample_picture(int width, int height) {
  Picture picture{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (const int level : {7 * x + 3 * y, 200 - 5 * x, 40 + 11 * y + x}) {
        picture.rgb.push_back(static_cast<std::uint8_t>(level));
      }
    }
  }
  return picture;
}

std::string png_bytes(const Picture& picture, const PngOptions& options) {
  std::string bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &bytes,
      [](png_structp to, png_bytep data, std::size_t count) {
        static_cast<std::string*>(png_get_io_ptr(to))
            ->append(reinterpret_cast<const char*>(data), count);
      },
      nullptr);
  const int color = (options.grey ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB) |
                    (options.alpha ? PNG_COLOR_MASK_ALPHA : 0);
  png_set_IHDR(png, info, static_cast<png_uint_32>(picture.width),
               static_cast<png_uint_32>(picture.height), options.bit_depth, color,
               options.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  const int passes = png_set_interlace_handling(png);
  for (int pass = 0; pass < passes; ++pass) {
    for (int y = 0; y < picture.height; ++y) {
      png_write_row(png, png_row(picture, y, options).data());
    }
  }
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

std::string png_chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto crc =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big(static_cast<std::uint32_t>(data.size())) + body + big(static_cast<std::uint32_t>(crc));
}

std::string with_png_chunk(const std::string& png, const std::string& chunk) {
  constexpr std::size_t kBehindHeader = 8 + 25;
  return png.substr(0, kBehindHeader) + chunk + png.substr(kBehindHeader);
}

std::string png_header(std::uint32_t width, std::uint32_t height) {
  return "\x89PNG\r\n\x1a\n" +
         png_chunk("IHDR", big(width) + big(height) + std::string("\x08\x02\0\0\0", 5));
}

namespace {

// One scan for what is flat, then single coefficients of one channel after the other.
std::vector<jpeg_scan_info> banded_scans(int bands) {
  std::vector<jpeg_scan_info> scans{{3, {0, 1, 2}, 0, 0, 0, 0}};
  for (int i = 0; i < bands; ++i) {
    scans.push_back({1, {i / 63}, 1 + i % 63, 1 + i % 63, 0, 0});
  }
  return scans;
}

}  // namespace

std::string jpeg_bytes(const Picture& picture, const JpegOptions& options) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* data = nullptr;
  unsigned long bytes = 0;
  jpeg_mem_dest(&info, &data, &bytes);
  info.image_width = static_cast<JDIMENSION>(picture.width);
  info.image_height = static_cast<JDIMENSION>(picture.height);
  info.input_components = options.channels;
  info.in_color_space = options.channels == 1   ? JCS_GRAYSCALE
                        : options.channels == 4 ? JCS_CMYK
                                                : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, options.quality, TRUE);
  if (options.progressive) jpeg_simple_progression(&info);
  const std::vector<jpeg_scan_info> scans = banded_scans(options.bands);
  if (options.bands > 0) {
    info.scan_info = scans.data();
    info.num_scans = static_cast<int>(scans.size());
  }
  jpeg_start_compress(&info, TRUE);
  for (int y = 0; y < picture.height; ++y) {
    std::vector<std::uint8_t> row;
    const std::uint8_t* pixel = picture.rgb.data() + std::ptrdiff_t{y} * picture.width * 3;
    for (int x = 0; x < picture.width; ++x, pixel += 3) {
      for (int c = 0; c < options.channels; ++c) row.push_back(c < 3 ? pixel[c] : 255);
    }
    JSAMPROW pointer = row.data();
    jpeg_write_scanlines(&info, &pointer, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string text(reinterpret_cast<const char*>(data), bytes);
  std::free(data);
  return text;
}

std::string with_jpeg_segment(const std::string& jpeg, std::uint8_t marker,
                              const std::string& data) {
  const auto length = static_cast<std::uint32_t>(data.size() + 2);
  return jpeg.substr(0, 2) + '\xff' + static_cast<char>(marker) +
         number(length, 2, /*big_endian=*/true) + data + jpeg.substr(2);
}

std::string webp_bytes(const Picture& picture, bool alpha) {
  std::uint8_t* data = nullptr;
  std::size_t bytes = 0;
  if (!alpha) {
    bytes = WebPEncodeLosslessRGB(picture.rgb.data(), picture.width, picture.height,
                                  picture.width * 3, &data);
  } else {
    std::vector<std::uint8_t> pixels;
    for (std::size_t i = 0; i < picture.rgb.size(); i += 3) {
      const auto x = (i / 3) % static_cast<std::size_t>(picture.width);
      pixels.insert(pixels.end(), picture.rgb.begin() + static_cast<std::ptrdiff_t>(i),
                    picture.rgb.begin() + static_cast<std::ptrdiff_t>(i) + 3);
      pixels.push_back(x % 2 == 0 ? 255 : 85);
    }
    bytes = WebPEncodeLosslessRGBA(pixels.data(), picture.width, picture.height, picture.width * 4,
                                   &data);
  }
  std::string text(reinterpret_cast<const char*>(data), bytes);
  WebPFree(data);
  return text;
}

namespace {

constexpr std::size_t kRiffHeader = 12;

// A VP8X file: what `flags` says is in it, its size, then `chunks`.
std::string extended_webp(const Picture& picture, std::uint32_t flags, const std::string& chunks) {
  const std::string head = little(flags, 4) +
                           little(static_cast<std::uint32_t>(picture.width - 1), 3) +
                           little(static_cast<std::uint32_t>(picture.height - 1), 3);
  return riff_chunk("RIFF", "WEBP" + riff_chunk("VP8X", head) + chunks);
}

std::string animation_frame(const Picture& picture) {
  const std::string place =
      little(0, 6) + little(static_cast<std::uint32_t>(picture.width - 1), 3) +
      little(static_cast<std::uint32_t>(picture.height - 1), 3) + little(100, 3) + '\x02';
  return riff_chunk("ANMF", place + webp_bytes(picture, /*alpha=*/false).substr(kRiffHeader));
}

}  // namespace

std::string with_webp_chunks(const std::string& webp, const Picture& picture,
                             const std::string& exif, const std::string& profile) {
  std::string chunks;
  if (!profile.empty()) chunks += riff_chunk("ICCP", profile);
  chunks += webp.substr(kRiffHeader);
  if (!exif.empty()) chunks += riff_chunk("EXIF", exif);
  return extended_webp(picture, (profile.empty() ? 0 : 0x20) | (exif.empty() ? 0 : 0x08), chunks);
}

std::string webp_animation(const Picture& first, const Picture& second) {
  return extended_webp(
      first, 0x02,
      riff_chunk("ANIM", little(0, 6)) + animation_frame(first) + animation_frame(second));
}

std::string exif_block(int orientation, bool big_endian) {
  const auto two = [&](int value) {
    return number(static_cast<std::uint32_t>(value), 2, big_endian);
  };
  const auto four = [&](int value) {
    return number(static_cast<std::uint32_t>(value), 4, big_endian);
  };
  return (big_endian ? "MM" : "II") + two(42) + four(8) + two(2) +  //
         two(0x0100) + two(4) + four(1) + four(640) +               // a width, to be passed over
         two(0x0112) + two(3) + four(1) + two(orientation) + two(0) + four(0);
}

std::string rgb_profile() {
  const cmsCIExyY white{0.3127, 0.3290, 1};
  const cmsCIExyYTRIPLE primaries{{0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}};
  cmsToneCurve* gamma = cmsBuildGamma(nullptr, 2.2);
  cmsToneCurve* curves[] = {gamma, gamma, gamma};
  const std::string profile = saved_profile(cmsCreateRGBProfile(&white, &primaries, curves));
  cmsFreeToneCurve(gamma);
  return profile;
}

std::string grey_profile() {
  const cmsCIExyY white{0.3457, 0.3585, 1};
  cmsToneCurve* gamma = cmsBuildGamma(nullptr, 1.0);
  const std::string profile = saved_profile(cmsCreateGrayProfile(&white, gamma));
  cmsFreeToneCurve(gamma);
  return profile;
}

std::string zlib_zeros(std::size_t bytes) {
  const std::string zeros(bytes, '\0');
  uLongf size = compressBound(bytes);
  std::string packed(size, '\0');
  compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
            reinterpret_cast<const Bytef*>(zeros.data()), bytes, 1);
  packed.resize(size);
  return packed;
}

}  // namespace zoetrope::test
