#include "corrupt/still_mutator.h"

#include <algorithm>

#include "support/stills.h"

namespace zoetrope::test {
namespace {

std::uint32_t big_endian(const std::string& text, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(text[at + i]);
  return value;
}

// The chunks of a PNG with their checksums made right, as far as their lengths make sense.
std::string with_right_checksums(const std::string& png) {
  std::string result = png.substr(0, 8);
  std::size_t at = 8;
  while (at + 12 <= png.size()) {
    const std::size_t length = big_endian(png, at);
    if (length > png.size() - at - 12) break;
    result += png_chunk(png.substr(at + 4, 4), png.substr(at + 8, length));
    at += 12 + length;
  }
  return result + png.substr(std::min(at, png.size()));
}

}  // namespace

StillMutator::StillMutator(std::uint64_t seed) : random_(seed) {
  const Picture picture = sample_picture(23, 17);
  for (int form = 0; form < 16; ++form) {
    seeds_.push_back(png_bytes(
        picture, {(form & 1) != 0 ? 16 : 8, (form & 2) != 0, (form & 4) != 0, (form & 8) != 0}));
  }
  const std::string exif = exif_block(6, /*big_endian=*/true);
  const std::string profile = rgb_profile();
  seeds_.push_back(with_png_chunk(seeds_.front(), png_chunk("eXIf", exif)));
  for (const int channels : {1, 3, 4}) {
    for (const bool progressive : {false, true}) {
      const std::string jpeg = jpeg_bytes(picture, {channels, progressive, 80});
      seeds_.push_back(jpeg);
      seeds_.push_back(
          with_jpeg_segment(with_jpeg_segment(jpeg, 0xE1, std::string("Exif\0\0", 6) + exif), 0xE2,
                            std::string("ICC_PROFILE\0\1\1", 14) + profile));
    }
  }
  for (const bool alpha : {false, true}) {
    const std::string webp = webp_bytes(picture, alpha);
    seeds_.push_back(webp);
    seeds_.push_back(with_webp_chunks(webp, picture, exif, profile));
  }
  seeds_.push_back(webp_animation(picture, picture));
}

void StillMutator::mutate(std::string& still) {
  constexpr std::uint8_t kEdges[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff};
  // Headers decide most, and are short.
  const std::size_t reach = below(2) == 0 ? std::min<std::size_t>(still.size(), 64) : still.size();
  const std::size_t at = below(reach);
  const std::size_t length = std::min(still.size() - at, 1 + below(24));
  switch (below(8)) {
    case 0:
      still[at] = static_cast<char>(still[at] ^ (1 << below(8)));
      break;
    case 1:
      still[at] = static_cast<char>(kEdges[below(std::size(kEdges))]);
      break;
    case 2:
      still.replace(at, length, std::string(length, static_cast<char>(kEdges[below(6)])));
      break;
    case 3:
      still.erase(at, length);
      break;
    case 4:
      still.insert(at, still.substr(below(still.size()), length));
      break;
    case 5:
      still.resize(at);
      break;
    case 6: {
      const std::size_t other = below(still.size());
      for (std::size_t i = 0; i < length && other + i < still.size(); ++i) {
        std::swap(still[at + i], still[other + i]);
      }
      break;
    }
    default: {
      const std::string& other = seeds_[below(seeds_.size())];
      still.insert(at, other.substr(below(other.size()), 1 + below(200)));
    }
  }
}

std::string StillMutator::mutated() {
  std::string still = seeds_[below(seeds_.size())];
  for (std::size_t i = 1 + below(3); i > 0 && !still.empty(); --i) mutate(still);
  return still.compare(0, 4, "\x89PNG") == 0 && below(2) == 0 ? with_right_checksums(still) : still;
}

}  // namespace zoetrope::test
