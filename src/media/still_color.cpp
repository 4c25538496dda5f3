#include "media/still_color.h"

#include <cstdlib>
#include <vector>

#include <lcms2.h>

namespace zoetrope::media {
namespace {

struct CloseProfile {
  void operator()(void* profile) const { cmsCloseProfile(profile); }
};
using ProfilePtr = std::unique_ptr<void, CloseProfile>;

constexpr cmsUInt32Number format(int space, int channels, int extra, bool complement = false) {
  return COLORSPACE_SH(space) | CHANNELS_SH(channels) | EXTRA_SH(extra) | BYTES_SH(1) |
         FLAVOR_SH(complement ? 1 : 0);
}

// lcms2's name for how a pixel is read for a profile of this space; 0: they do not go together.
cmsUInt32Number input_format(cmsColorSpaceSignature space, PixelKind kind, bool grey) {
  if (kind == PixelKind::kCmykComplement) {
    return space == cmsSigCmykData ? format(PT_CMYK, 4, 0, /*complement=*/true) : 0;
  }
  const int bytes = bytes_a_pixel(kind);
  if (space == cmsSigGrayData && grey) return format(PT_GRAY, 1, bytes - 1);
  if (space == cmsSigRgbData) return format(PT_RGB, 3, bytes - 3);
  return 0;
}

// Whether no colour moves by more than the rounding of a conversion.
bool is_identity(const ColorTransform& transform, PixelKind kind, bool grey) {
  constexpr int kStep = 15;  // 18 levels a channel, black and white among them
  std::vector<std::uint8_t> colors;
  for (int red = 0; red < 256; red += kStep) {
    for (int green = 0; green < 256; green += kStep) {
      for (int blue = 0; blue < 256; blue += kStep) {
        if (grey && (red != green || red != blue)) continue;
        for (const int level : {red, green, blue}) {
          colors.push_back(static_cast<std::uint8_t>(level));
        }
        if (kind == PixelKind::kRgba) colors.push_back(255);
      }
    }
  }
  std::vector<std::uint8_t> converted = colors;
  transform.apply(converted.data(), static_cast<int>(colors.size()) / bytes_a_pixel(kind));
  for (std::size_t i = 0; i < colors.size(); ++i) {
    if (std::abs(colors[i] - converted[i]) > 1) return false;
  }
  return true;
}

}  // namespace

void ColorTransform::Free::operator()(void* transform) const { cmsDeleteTransform(transform); }

void ColorTransform::apply(std::uint8_t* pixels, int count) const {
  cmsDoTransform(transform_.get(), pixels, pixels, static_cast<cmsUInt32Number>(count));
}

std::optional<ColorTransform> transform_to_srgb(std::span<const std::uint8_t> bytes, PixelKind kind,
                                                bool grey, const StillNote& note) {
  if (bytes.empty()) return std::nullopt;
  if (bytes.size() > kMaxProfileBytes) {
    note("its colour profile is too large, and left out");
    return std::nullopt;
  }
  const ProfilePtr profile(
      cmsOpenProfileFromMem(bytes.data(), static_cast<cmsUInt32Number>(bytes.size())));
  if (!profile) {
    note("its colour profile is damaged, and left out");
    return std::nullopt;
  }
  const cmsUInt32Number input = input_format(cmsGetColorSpace(profile.get()), kind, grey);
  if (input == 0) {
    note("its colour profile is for another kind of picture, and left out");
    return std::nullopt;
  }
  const ProfilePtr srgb(cmsCreate_sRGBProfile());
  ColorTransform transform(cmsCreateTransform(profile.get(), input, srgb.get(),
                                              format(PT_RGB, 3, bytes_a_pixel(kind) - 3),
                                              INTENT_PERCEPTUAL, 0));
  if (!transform.usable()) {
    note("its colour profile is damaged, and left out");
    return std::nullopt;
  }
  if (kind != PixelKind::kCmykComplement && is_identity(transform, kind, grey)) return std::nullopt;
  return transform;
}

}  // namespace zoetrope::media
