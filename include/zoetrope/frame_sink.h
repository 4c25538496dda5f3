#pragma once

#include <cstdint>

#include "zoetrope/rational.h"

namespace zoetrope {

/// What every frame of a clip has in common.
struct VideoFormat {
  int width = 0;   ///< pixels
  int height = 0;  ///< pixels
  Rational fps;    ///< frames per second
};

/// A borrowed chunk of frames: fp32 [frames, 3, height, width], contiguous, planes in R, G, B
/// order, display-referred values in [0, 1]. Floats, so that 10-bit and dithered 8-bit files are
/// made from what the decoder computed and not from a first rounding to 8 bits.
struct FrameView {
  const float* data = nullptr;
  std::int64_t frames = 0;
  int width = 0;
  int height = 0;
};

/// Where finished frames go. A sink is opened before any weight is read, takes chunks in order,
/// and becomes a finished file in `finish`; destroying it without `finish` abandons the file and
/// leaves nothing behind.
class FrameSink {
 public:
  virtual ~FrameSink() = default;

  /// Takes a chunk; the data may be reused when the call returns. May block while the encoder is
  /// behind. Throws Error(kResource) when the disk is full or the encoder fails.
  virtual void write(const FrameView& chunk) = 0;

  /// Finishes the file and puts it in its place. Nothing may be written afterwards.
  virtual void finish() = 0;
};

}  // namespace zoetrope
