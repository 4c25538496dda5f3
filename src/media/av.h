#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/frame.h>
}

#include <memory>
#include <string>
#include <utility>

#include "core/files.h"

namespace zoetrope::media {

struct FreeFrame {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
struct FreePacket {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
struct FreeCodec {
  void operator()(AVCodecContext* codec) const { avcodec_free_context(&codec); }
};
struct FreeMuxer {
  void operator()(AVFormatContext* muxer) const { avformat_free_context(muxer); }
};
struct CloseInput {
  void operator()(AVFormatContext* input) const { avformat_close_input(&input); }
};
struct FreeIo {
  void operator()(AVIOContext* io) const;
};
using FramePtr = std::unique_ptr<AVFrame, FreeFrame>;
using PacketPtr = std::unique_ptr<AVPacket, FreePacket>;
using CodecPtr = std::unique_ptr<AVCodecContext, FreeCodec>;
using MuxerPtr = std::unique_ptr<AVFormatContext, FreeMuxer>;
using InputPtr = std::unique_ptr<AVFormatContext, CloseInput>;
using IoPtr = std::unique_ptr<AVIOContext, FreeIo>;

/// Throws Error(kResource) when an allocation of libav returned null.
template <typename Pointer>
Pointer allocated(Pointer pointer);

/// Returns `status` if it is no error, else throws Error(kResource) "`attempt`: reason", with the
/// last error that FFmpeg logged on this thread.
int check_av(int status, const std::string& attempt);

/// "No space left on device (libx264: …)": FFmpeg's words for `status`, and what it logged last.
std::string av_reason(int status);

/// FFmpeg never prints: its errors are kept, one a thread, for check_av. Called before any other
/// use of libav; works once.
void silence_av();

/// The options of a codec or a muxer; freed on destruction.
class AvOptions {
 public:
  AvOptions() = default;
  AvOptions(const AvOptions&) = delete;
  AvOptions& operator=(const AvOptions&) = delete;
  ~AvOptions() { av_dict_free(&dictionary_); }

  void set(const std::string& key, const std::string& value);
  AVDictionary** get() { return &dictionary_; }

  /// libav takes away what it knows; throws Error(kUsage) "`attempt`: …" if anything is left.
  void require_used(const std::string& attempt) const;

 private:
  AVDictionary* dictionary_ = nullptr;
};

/// A video file opened for reading: our own reads of a file that we opened, one demuxer chosen by
/// the first bytes out of a fixed list, no protocols and so no network and no second file.
class Demuxer {
 public:
  /// Throws Error(kCorrupt) if the file is none of mp4, mov, matroska, webm and gif, or is damaged.
  explicit Demuxer(const std::filesystem::path& path);
  Demuxer(const Demuxer&) = delete;
  Demuxer& operator=(const Demuxer&) = delete;

  AVFormatContext* context() { return context_.get(); }
  AVStream* video() { return context_->streams[video_]; }
  const std::string& container() const { return container_; }

  /// Reads the next packet of the video stream; false at the end.
  bool read(AVPacket* packet);

 private:
  static int read_some(void* opaque, std::uint8_t* buffer, int bytes);
  static std::int64_t seek(void* opaque, std::int64_t offset, int whence);
  void open(const char* format);

  InputFile file_;
  std::uint64_t at_ = 0;
  std::string container_;
  IoPtr io_;
  InputPtr context_;
  int video_ = -1;
};

template <typename Pointer>
Pointer allocated(Pointer pointer) {
  if (!pointer) check_av(AVERROR(ENOMEM), "allocate for FFmpeg");
  return pointer;
}

inline FramePtr new_frame() { return allocated(FramePtr(av_frame_alloc())); }
inline PacketPtr new_packet() { return allocated(PacketPtr(av_packet_alloc())); }

}  // namespace zoetrope::media
