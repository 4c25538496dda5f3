#pragma once

extern "C" {
#include <libavcodec/bsf.h>
}

#include <functional>
#include <memory>
#include <string>

#include "media/codecs.h"
#include "zoetrope/frame_sink.h"

namespace zoetrope::media {

/// Frames in, packets out: one of FFmpeg's encoders, opened with every option checked.
class Encoder {
 public:
  struct Settings {
    CodecChoice choice;
    VideoFormat format;
    bool global_header = false;
    bool anonymous = false;  ///< no name or settings of the encoder in the stream
    std::string attempt;     ///< "write out.mp4", how messages begin
  };

  /// Throws Error(kResource) if the encoder doesn't open, Error(kUsage) for an option that it
  /// doesn't know.
  explicit Encoder(const Settings& settings);

  /// Takes the next frame, null at the end, and hands over the packets that are ready. Times are
  /// in time_base(), one unit a frame.
  void encode(AVFrame* frame, const std::function<void(AVPacket*)>& on_packet);

  AVRational time_base() const { return codec_->time_base; }
  AVRational frame_rate() const { return codec_->framerate; }
  const AVCodecContext& context() const { return *codec_; }

 private:
  struct FreeFilter {
    void operator()(AVBSFContext* filter) const;
  };

  void configure(const Settings& settings);
  void make_anonymous();
  void filter(AVPacket* packet, const std::function<void(AVPacket*)>& on_packet);

  std::string attempt_;
  CodecPtr codec_;
  std::unique_ptr<AVBSFContext, FreeFilter> filter_;
  PacketPtr packet_;
  std::int64_t next_ = 0;
};

}  // namespace zoetrope::media
