#pragma once

#include <memory>

#include "media/encoder.h"

namespace zoetrope::media {

/// What a finished clip came to, for the sidecar.
struct ClipFacts {
  std::uint64_t bytes = 0;
  std::string sha256;  ///< of the file; empty for a sequence
  std::string encoder;
};

/// Where encoded frames end up: one file (video_target.cpp) or one file a frame
/// (sequence_target.cpp). Nothing is left behind unless it was settled.
class Target {
 public:
  virtual ~Target() = default;

  /// On the encoder's thread: takes the next frame, null at the end. Returns the number of frames
  /// encoded so far.
  virtual std::int64_t encode(FramePtr frame) = 0;

  /// After the null frame: makes the clip whole and syncs it, beside its place.
  virtual ClipFacts complete(const Options& tags) = 0;

  /// Puts the clip in its place, and removes what was beside it.
  virtual void publish() = 0;

  /// The clip stays.
  virtual void settle() = 0;
};

std::unique_ptr<Target> open_video_target(const VideoFileOptions& options,
                                          const VideoFormat& format, const CodecChoice& choice);

/// The path's name holds one %0Nd, which becomes the frame's number, counted from 1.
std::unique_ptr<Target> open_sequence_target(const VideoFileOptions& options,
                                             const VideoFormat& format, const CodecChoice& choice);

/// Throws Error(kUsage) if something is at `path` and may not be replaced.
void require_absent(const std::filesystem::path& path, bool overwrite);

}  // namespace zoetrope::media
