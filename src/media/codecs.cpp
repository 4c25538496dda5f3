#include "media/codecs.h"

#include <algorithm>
#include <string_view>
#include <thread>
#include <tuple>

extern "C" {
#include <libavutil/pixdesc.h>
}

#include "media/containers.h"
#include "zoetrope/error.h"

namespace zoetrope::media {
namespace {

constexpr AVPixelFormat kNone = AV_PIX_FMT_NONE;

std::vector<Codec> make_codecs() {
  // Without mbtree: its vector code reads past short rows, and at some sizes (96x64, 176x144) the
  // same frames then give other bytes from run to run.
  const Candidate x264 = {"libx264", {{"preset", "medium"}, {"mbtree", "0"}}, {}};
  const Candidate x265 = {
      // x265 prints its own log and writes its settings into the stream unless told not to.
      "libx265",
      {{"preset", "medium"}},
      {"x265-params", "log-level=none:info=0:frame-threads=1:pools=#"}};
  const Candidate svt_av1 = {"libsvtav1", {{"preset", "6"}}, {"svtav1-params", "lp=#"}};
  const Candidate aom = {"libaom-av1", {{"cpu-used", "4"}, {"row-mt", "1"}}, {}};
  const Candidate vpx = {
      "libvpx-vp9", {{"deadline", "good"}, {"cpu-used", "2"}, {"row-mt", "1"}}, {}};
  const Candidate ffv1 = {"ffv1", {{"level", "3"}, {"slicecrc", "1"}, {"slices", "4"}}, {}};
  const Candidate prores = {"prores_ks", {{"profile", "hq"}, {"vendor", "apl0"}}, {}};
  const auto yuv8 = AV_PIX_FMT_YUV420P;
  const auto yuv10 = AV_PIX_FMT_YUV420P10;
  return {
      {"h264", {x264}, yuv8, yuv10, 8, 12, 51, false, 0.25},
      {"hevc", {x265}, yuv8, yuv10, 10, 12, 51, false, 0.25},
      {"av1", {svt_av1, aom}, yuv8, yuv10, 10, 14, 63, false, 0.2},
      {"vp9", {vpx}, yuv8, yuv10, 8, 12, 63, false, 0.25},
      {"ffv1", {ffv1}, AV_PIX_FMT_0RGB32, AV_PIX_FMT_GBRP10, 8, -1, 0, true, 2.5},
      {"prores", {prores}, kNone, AV_PIX_FMT_YUV422P10, 10, -1, 0, true, 1.0},
      {"gif", {{"gif", {}, {}}}, AV_PIX_FMT_PAL8, kNone, 8, -1, 0, false, 1.0},
      {"png", {{"png", {{"pred", "mixed"}}, {}}}, AV_PIX_FMT_RGB24, kNone, 8, -1, 0, true, 3.0},
  };
}

const Codec& codec_named(const std::string& name, const Container& container,
                         const std::string& attempt) {
  std::string allowed;
  for (const Codec& codec : codecs()) {
    if (std::ranges::find(container.codecs, std::string_view(codec.name)) ==
        container.codecs.end()) {
      continue;
    }
    if (name == codec.name) return codec;
    allowed += std::string(allowed.empty() ? "" : ", ") + codec.name;
  }
  throw Error(ErrorCode::kUsage, attempt + ": codec '" + name + "' can't be stored in " +
                                     container.extension + " (it takes " + allowed + ")");
}

AVPixelFormat pixel_format_of(const Codec& codec, int bit_depth, const std::string& attempt) {
  const int depth = bit_depth == 0 ? codec.default_depth : bit_depth;
  const AVPixelFormat format = depth == 8 ? codec.eight_bit : depth == 10 ? codec.ten_bit : kNone;
  if (format != kNone) return format;
  const std::string offered = codec.eight_bit == kNone ? "10"
                              : codec.ten_bit == kNone ? "8"
                                                       : "8 or 10";
  throw Error(ErrorCode::kUsage, attempt + ": bit depth " + std::to_string(depth) + " for " +
                                     codec.name + " (it has " + offered + ")");
}

int crf_of(const Codec& codec, int crf, const std::string& attempt) {
  if (crf == -1) return codec.default_crf;
  if (codec.default_crf < 0) {
    throw Error(ErrorCode::kUsage, attempt + ": crf " + std::to_string(crf) + " for " + codec.name +
                                       " (it has no such setting)");
  }
  if (crf < 0 || crf > codec.max_crf) {
    throw Error(ErrorCode::kUsage, attempt + ": crf " + std::to_string(crf) + " for " + codec.name +
                                       " (0 to " + std::to_string(codec.max_crf) + ")");
  }
  return crf;
}

void require_even_size(AVPixelFormat pixel_format, const VideoFormat& format,
                       const std::string& attempt) {
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(pixel_format);
  const int across = 1 << description->log2_chroma_w;
  const int down = 1 << description->log2_chroma_h;
  const bool planes = (description->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) == 0;
  if (!planes || (format.width % across == 0 && format.height % down == 0)) return;
  const auto near = [](int size, int step) { return std::max(size / step * step, step); };
  throw Error(ErrorCode::kUsage,
              attempt + ": " + std::to_string(format.width) + "x" + std::to_string(format.height) +
                  " can't be stored with halved colour planes (nearest size that can: " +
                  std::to_string(near(format.width, across)) + "x" +
                  std::to_string(near(format.height, down)) + ")");
}

}  // namespace

std::span<const Codec> codecs() {
  static const std::vector<Codec> table = make_codecs();
  return table;
}

std::pair<const Candidate*, const AVCodec*> find_encoder(const Codec& codec) {
  for (const Candidate& candidate : codec.candidates) {
    const AVCodec* encoder = avcodec_find_encoder_by_name(candidate.name);
    if (encoder != nullptr) return {&candidate, encoder};
  }
  return {nullptr, nullptr};
}

CodecChoice choose_codec(const VideoFileOptions& options, const VideoFormat& format) {
  const std::string attempt = "write " + options.path.string();
  const Container& container = container_of(options.path);
  const std::string name = options.codec.empty() ? container.codecs.front() : options.codec;

  CodecChoice choice;
  choice.codec = &codec_named(name, container, attempt);
  choice.pixel_format = pixel_format_of(*choice.codec, options.bit_depth, attempt);
  choice.crf = crf_of(*choice.codec, options.crf, attempt);
  require_even_size(choice.pixel_format, format, attempt);

  std::tie(choice.candidate, choice.encoder) = find_encoder(*choice.codec);
  if (choice.encoder == nullptr) {
    throw Error(ErrorCode::kResource, attempt + ": this build of FFmpeg has no encoder for " +
                                          name + " (" + choice.codec->candidates.front().name +
                                          " would do)");
  }
  return choice;
}

int encoder_threads() {
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 8U));
}

}  // namespace zoetrope::media
