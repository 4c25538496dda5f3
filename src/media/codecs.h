#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "media/av.h"
#include "zoetrope/video_file.h"

namespace zoetrope::media {

using Options = std::vector<std::pair<std::string, std::string>>;

/// One of FFmpeg's encoders for a codec, and what we ask of it.
struct Candidate {
  const char* name;  ///< "libx264"
  Options options;
  /// The option that limits its threads where AVCodecContext.thread_count does not: key, and a
  /// value in which '#' stands for the number.
  std::pair<std::string, std::string> threads_option;
};

/// A codec under our name, and how it is encoded. Defaults are generous: beside denoising, neither
/// the encoder's time nor the file's size matters.
struct Codec {
  const char* name;                   ///< "h264"
  std::vector<Candidate> candidates;  ///< the first that this build of FFmpeg has is used
  AVPixelFormat eight_bit;            ///< AV_PIX_FMT_NONE: not offered
  AVPixelFormat ten_bit;              ///< AV_PIX_FMT_NONE: not offered
  int default_depth;                  ///< 8 or 10
  int default_crf;                    ///< -1: the codec has none
  int max_crf;
  bool intra_only;         ///< every frame is a key frame
  double bytes_per_pixel;  ///< of a hard clip, for the disk space estimate
};

/// What a request comes to: every member is valid and the encoder exists.
struct CodecChoice {
  const Codec* codec = nullptr;
  const Candidate* candidate = nullptr;
  const AVCodec* encoder = nullptr;
  AVPixelFormat pixel_format = AV_PIX_FMT_NONE;
  int crf = -1;  ///< -1: none
};

std::span<const Codec> codecs();

/// The first candidate that this build has; {nullptr, nullptr} if none.
std::pair<const Candidate*, const AVCodec*> find_encoder(const Codec& codec);

/// Throws Error(kUsage) for a codec, depth or crf that can't be had in the container that
/// options.path names, and for a frame size that the codec can't store; Error(kResource) if this
/// build of FFmpeg has no encoder for it.
CodecChoice choose_codec(const VideoFileOptions& options, const VideoFormat& format);

/// Threads an encoder may use. Bounded, because each holds frames.
int encoder_threads();

}  // namespace zoetrope::media
