#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "zoetrope/frame_sink.h"
#include "zoetrope/generator.h"

namespace zoetrope {

/// How a clip is written. The container follows the extension: .mp4 .mov .mkv .webm .gif, or
/// frames by a name with one %0Nd and .png.
struct VideoFileOptions {
  std::filesystem::path path;
  std::string codec;  ///< h264 hevc av1 vp9 ffv1 …; empty: the container's default
  int crf = -1;       ///< -1: the codec's default; lower is better
  int bit_depth = 0;  ///< 8 or 10; 0: the codec's default
  bool overwrite = false;
  bool metadata = true;     ///< false: no trace of the recipe in the file, and no sidecar
  std::int64_t frames = 0;  ///< expected, for the disk space check and for progress
};

/// Calls visit(key, member, help) for every member of (const or mutable) options that says how a
/// clip is encoded, as visit_request does for what it shows.
template <typename Options, typename Visitor>
void visit_encoding(Options& video, Visitor&& visit) {
  visit("codec", video.codec, "h264 hevc av1 vp9 ffv1 … (default: the container's)");
  visit("crf", video.crf, "quality of lossy codecs, lower is better");
  visit("bit_depth", video.bit_depth, "bits per sample");
  visit("metadata", video.metadata, "none: no recipe in the file and no .json beside it");
}

/// A video file or frame sequence in the making. See FrameSink for its life.
class VideoFile : public FrameSink {
 public:
  /// The recipe, to be given before `finish`; may be known only late (the hash of the weights).
  virtual void set_recipe(const Recipe& recipe) = 0;

  /// Called from the encoder's thread with the number of frames encoded so far.
  virtual void on_encoded(std::function<void(std::int64_t)> callback) = 0;
};

/// Finds the encoder, checks the folder and its free space, and opens PATH.part. Frames are
/// encoded on a thread of its own behind a bounded queue, with BT.709 matrix and tags. On `finish`
/// the fragmented .part is stream-copied (faststart for MP4 and MOV), checked, synced and renamed;
/// the JSON sidecar PATH.json is written last.
/// Throws Error(kUsage) for an unknown extension, codec or option, and for an existing PATH
/// without `overwrite`; Error(kResource) for a missing encoder, folder or space.
std::unique_ptr<VideoFile> open_video_file(const VideoFileOptions& options,
                                           const VideoFormat& format);

/// An encoder that this build's FFmpeg has, for `zoetrope doctor`.
struct EncoderInfo {
  std::string codec;       ///< our name: "h264"
  std::string encoder;     ///< FFmpeg's: "libx264"; empty if this build lacks it
  std::string containers;  ///< ".mp4 .mov .mkv"
  bool ten_bit = false;
};
std::vector<EncoderInfo> list_encoders();

/// What a finished file is, for `zoetrope inspect`: streams, tags, recipe.
struct VideoFileInfo {
  std::string container, codec, pixel_format, color;
  int width = 0, height = 0;
  Rational fps;
  std::int64_t frames = 0;
  double duration_s = 0;
  std::string recipe_json;  ///< empty if there is none
};
VideoFileInfo inspect_video_file(const std::filesystem::path& path);

}  // namespace zoetrope
