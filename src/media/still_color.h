#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "media/still.h"

namespace zoetrope::media {

/// The bytes of a decoded pixel. Grey is spread over red, green and blue.
enum class PixelKind {
  kRgb,            ///< 3 bytes
  kRgba,           ///< 4 bytes, alpha not multiplied in
  kCmykComplement  ///< 4 bytes, 255 is no ink, as Adobe writes them
};

constexpr int bytes_a_pixel(PixelKind kind) { return kind == PixelKind::kRgb ? 3 : 4; }

/// Profiles of printers take up to some megabytes.
constexpr std::size_t kMaxProfileBytes = 16 << 20;

/// Colours of an ICC profile to sRGB, perceptual intent, 8 bits.
class ColorTransform {
 public:
  explicit ColorTransform(void* transform) : transform_(transform) {}

  bool usable() const { return transform_ != nullptr; }

  /// Converts in place. The fourth byte of a pixel, if it has one, stays.
  void apply(std::uint8_t* pixels, int count) const;

 private:
  struct Free {
    void operator()(void* transform) const;
  };
  std::unique_ptr<void, Free> transform_;
};

/// The way from `profile` to sRGB. Nothing if there is no profile, if it says no more than sRGB
/// (within a level, on a grid of colours: such stills stay exact), or, with a note, if it is
/// damaged or of another colour space than the pixels.
std::optional<ColorTransform> transform_to_srgb(std::span<const std::uint8_t> profile,
                                                PixelKind kind, bool grey, const StillNote& note);

}  // namespace zoetrope::media
