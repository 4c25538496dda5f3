#pragma once

#include "media/codecs.h"
#include "media/part_file.h"

namespace zoetrope::media {

/// Writes one video stream into a container, without the names and dates of who wrote it, so that
/// the same packets give the same bytes. Every failure is Error(kResource) "write TARGET: reason".
class Muxer {
 public:
  /// format: FFmpeg's name. `file` must outlive the muxer.
  Muxer(const char* format, PartFile& file);
  Muxer(const Muxer&) = delete;
  Muxer& operator=(const Muxer&) = delete;
  ~Muxer();

  /// Whether the codec's headers belong in the container rather than in the stream.
  bool wants_global_header() const;

  /// Writes the header. Packets will come with times in `time_base`.
  /// Throws Error(kUsage) if this build's muxer doesn't know one of the options.
  void begin(const AVCodecParameters& parameters, AVRational time_base, AVRational rate,
             const Options& options, const Options& tags);

  /// Takes the packet's content.
  void write(AVPacket* packet);

  /// Writes what is left and the trailer, down to the file.
  void end();

 private:
  PartFile& file_;
  MuxerPtr context_;
  AVRational time_base_ = {0, 1};
  bool open_ = false;  // between the header and the trailer
};

}  // namespace zoetrope::media
