#include <algorithm>
#include <string_view>

#include "media/still_decoders.h"
#include "zoetrope/error.h"

namespace zoetrope::media {
namespace {

using namespace std::string_view_literals;

// Files that people take for stills, by bytes at an offset; the first that fits counts.
struct Signature {
  std::size_t offset;
  std::string_view bytes;
  const char* name;
};

constexpr Signature kOthers[] = {
    {0, "GIF8"sv, "a GIF"},
    {0, "II*\0"sv, "a TIFF"},
    {0, "MM\0*"sv, "a TIFF"},
    {0, "II+\0"sv, "a TIFF"},
    {0, "MM\0+"sv, "a TIFF"},
    {0, "BM"sv, "a BMP"},
    {0, "%PDF"sv, "a PDF"},
    {0, "8BPS"sv, "a Photoshop document"},
    {0, "\xff\x0a"sv, "a JPEG XL"},
    {0, "\0\0\0\x0cJXL "sv, "a JPEG XL"},
    {0, "\0\0\0\x0cjP  "sv, "a JPEG 2000"},
    {0, "\xff\x4f\xff\x51"sv, "a JPEG 2000"},
    {0, "\x76\x2f\x31\x01"sv, "an OpenEXR"},
    {0, "qoif"sv, "a QOI"},
    {0, "<svg"sv, "an SVG"},
    {0, "<?xml"sv, "an XML file"},
    {4, "ftypavi"sv, "an AVIF"},
    {4, "ftyphei"sv, "an HEIC"},
    {4, "ftyphev"sv, "an HEIC"},
    {4, "ftypmif1"sv, "an HEIC or AVIF"},
    {4, "ftypmsf1"sv, "an HEIC or AVIF"},
    {4, "ftyp"sv, "a video (MP4 or QuickTime)"},
    {4, "moov"sv, "a video (QuickTime)"},
    {4, "mdat"sv, "a video (QuickTime)"},
    {0, "\x1a\x45\xdf\xa3"sv, "a video (Matroska or WebM)"},
    {8, "AVI "sv, "a video (AVI)"},
    {0, "PK\x03\x04"sv, "a ZIP archive"},
    {8, "{\""sv, "a safetensors file"},
};

bool has_at(StillBytes bytes, std::size_t offset, std::string_view expected) {
  if (bytes.size() < offset + expected.size()) return false;
  const StillBytes found = bytes.subspan(offset, expected.size());
  return std::equal(expected.begin(), expected.end(), found.begin(),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

}  // namespace

StillKind recognize_still(StillBytes head) {
  if (has_at(head, 0, "\x89PNG\r\n\x1a\n"sv)) return StillKind::kPng;
  if (has_at(head, 0, "\xff\xd8\xff"sv)) return StillKind::kJpeg;
  if (has_at(head, 0, "RIFF"sv) && has_at(head, 8, "WEBP"sv)) return StillKind::kWebp;
  std::string name = head.empty() ? "an empty file" : "an unknown kind of file";
  for (const Signature& other : kOthers) {
    if (has_at(head, other.offset, other.bytes)) {
      name = other.name;
      break;
    }
  }
  throw Error(ErrorCode::kCorrupt, name + " (expected PNG, JPEG or WebP)");
}

}  // namespace zoetrope::media
