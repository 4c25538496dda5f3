// Stills that a stranger wrote: each is refused in a sentence, soon, and without much memory.

#include <chrono>

#include <gtest/gtest.h>

#include "media/still.h"
#include "media/still_decoders.h"
#include "support/expect_error.h"
#include "support/safetensors_bytes.h"
#include "support/stills.h"
#include "support/temporary_folder.h"

namespace zoetrope {
namespace {

Picture decode(const std::string& bytes) {
  return media::decode_still({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
                             [](const std::string&) {});
}

TEST(RefusedStill, IsNamedByItsKind) {
  const test::TemporaryFolder folder;
  const std::pair<std::string, std::string> files[] = {
      {"", "an empty file"},
      {"plain text", "an unknown kind of file"},
      {"GIF89a......", "a GIF"},
      {std::string("\0\0\0\x1c"
                   "ftypavif",
                   12),
       "an AVIF"},
      {std::string("\0\0\0\x1c"
                   "ftypheic",
                   12),
       "an HEIC"},
      {std::string("\0\0\0\x1c"
                   "ftypisom",
                   12),
       "a video (MP4 or QuickTime)"},
      {std::string("\x1a\x45\xdf\xa3...."), "a video (Matroska or WebM)"},
      {std::string("II*\0....", 8), "a TIFF"},
      {"%PDF-1.7", "a PDF"},
      {"BM......", "a BMP"},
      {test::safetensors_bytes(R"({"a":{}})"), "a safetensors file"},
      {"RIFF....AVI LIST", "a video (AVI)"}};
  const auto path = folder.path() / "a.png";
  for (const auto& [bytes, kind] : files) {
    test::write_bytes(path, bytes);
    EXPECT_ERROR(read_still(path, nullptr), ErrorCode::kCorrupt,
                 "read still " + path.string() + ": " + kind + " (expected PNG, JPEG or WebP)");
  }
}

TEST(RefusedStill, IsNoRegularFileOrTooLarge) {
  const test::TemporaryFolder folder;
  EXPECT_ERROR(read_still(folder.path(), nullptr), ErrorCode::kCorrupt, "not a regular file");
  EXPECT_ERROR(read_still(folder.path() / "no.png", nullptr), ErrorCode::kCorrupt,
               "read still " + (folder.path() / "no.png").string() + ": ");
  const auto path = folder.path() / "large.png";
  test::write_bytes(path, test::png_header(8, 8));
  std::filesystem::resize_file(path, kMaxStillBytes + 1);
  EXPECT_ERROR(read_still(path, nullptr), ErrorCode::kCorrupt,
               "268435457 bytes (at most 268435456)");
}

TEST(RefusedStill, SaysMorePixelsThanAllowed) {
  EXPECT_ERROR(decode(test::png_header(32768, 32768)), ErrorCode::kCorrupt,
               "a picture of 32768x32768 = 1073741824 pixels (at most 64000000)");
  EXPECT_ERROR(decode(test::png_header(0xffffffff, 1)), ErrorCode::kCorrupt,
               "at most 65535 a side");
  EXPECT_ERROR(decode(test::png_header(0, 5)), ErrorCode::kCorrupt, "(at least 1x1)");

  std::string jpeg = test::jpeg_bytes(test::sample_picture(16, 16));
  const std::size_t frame = jpeg.find("\xff\xc0");
  jpeg.replace(frame + 5, 4, "\xff\x00\xff\x00", 4);  // height and width
  EXPECT_ERROR(decode(jpeg), ErrorCode::kCorrupt, "a picture of 65280x65280 = ");
  jpeg.replace(frame + 5, 4, "\xff\xff\xff\xff", 4);
  EXPECT_ERROR(decode(jpeg), ErrorCode::kCorrupt, "Maximum supported image dimension");

  const Picture small = test::sample_picture(16, 16);
  std::string webp = test::webp_animation(small, small);
  constexpr std::size_t kCanvas = 24;  // RIFF header 12, chunk header 8, flags 4
  webp.replace(kCanvas, 6, "\xff\x3f\0\xff\x3f\0", 6);
  EXPECT_ERROR(decode(webp), ErrorCode::kCorrupt, "a picture of 16384x16384 = 268435456 pixels");
}

TEST(RefusedStill, IsCutShort) {
  const Picture picture = test::sample_picture(40, 30);
  test::PngOptions interlaced;
  interlaced.interlaced = true;
  for (const std::string& whole :
       {test::png_bytes(picture), test::png_bytes(picture, interlaced), test::jpeg_bytes(picture),
        test::jpeg_bytes(picture, {3, true, 90}), test::webp_bytes(picture, true)}) {
    ASSERT_NO_THROW(decode(whole));
    for (std::size_t size = 12; size < whole.size(); size += 1 + size / 50) {
      EXPECT_ERROR(decode(whole.substr(0, size)), ErrorCode::kCorrupt, "damaged or cut short: ")
          << size << " of " << whole.size();
    }
    EXPECT_ERROR(decode(whole.substr(0, whole.size() - 1)), ErrorCode::kCorrupt, "damaged");
  }
}

TEST(RefusedStill, HasAWrongChecksum) {
  std::string png = test::png_bytes(test::sample_picture(40, 30));
  png[png.find("IEND") - 5] ^= 1;  // before the length of IEND stands the checksum of IDAT
  EXPECT_ERROR(decode(png), ErrorCode::kCorrupt, "libpng says 'IDAT: CRC error'");
}

TEST(RefusedStill, IsInkOfUnknownColour) {
  const std::string jpeg = test::jpeg_bytes(test::sample_picture(16, 16), {4, false, 90});
  EXPECT_ERROR(decode(jpeg), ErrorCode::kCorrupt,
               "a CMYK picture without a colour profile that can be used, whose colours are not "
               "known (convert it to RGB)");
}

TEST(RefusedStill, HasMoreScansThanItsSizeMayHave) {
  // 101 bands of coefficients, of the three channels in turn, each in a scan of its own.
  test::JpegOptions options;
  options.bands = 101;
  EXPECT_ERROR(decode(test::jpeg_bytes(test::sample_picture(16, 16), options)), ErrorCode::kCorrupt,
               "more than 100 scans");
  options.bands = 90;
  EXPECT_NO_THROW(decode(test::jpeg_bytes(test::sample_picture(16, 16), options)));
}

// Text is never unpacked, and a profile only to a limit.
TEST(HostileStill, IsNotInflatedBesideItsPixels) {
  const Picture picture = test::sample_picture(16, 16);
  const std::string zeros = test::zlib_zeros(64 << 20);
  const auto start = std::chrono::steady_clock::now();
  for (const char* type : {"zTXt", "iCCP"}) {
    const std::string bomb = test::png_chunk(type, std::string("name\0\0", 6) + zeros);
    EXPECT_EQ(decode(test::with_png_chunk(test::png_bytes(picture), bomb)).rgb, picture.rgb);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(HostileStill, MayCarryMegabytesOfExif) {
  const Picture picture = test::sample_picture(16, 16);
  const std::string exif = test::exif_block(3, false) + std::string(30 << 20, 'x');
  EXPECT_EQ(decode(test::with_png_chunk(test::png_bytes(picture), test::png_chunk("eXIf", exif)))
                .rgb.size(),
            picture.rgb.size());
  const std::string segment =
      test::with_jpeg_segment("\xff\xd8", 0xE1, std::string(60'000, 'x')).substr(2);
  std::string jpeg = "\xff\xd8";
  for (int i = 0; i < 500; ++i) jpeg += segment;
  jpeg += test::jpeg_bytes(picture).substr(2);
  EXPECT_EQ(decode(jpeg).rgb.size(), picture.rgb.size());
}

}  // namespace
}  // namespace zoetrope
