extern "C" {
#include <libavutil/pixdesc.h>
}

#include "core/json.h"
#include "media/av.h"
#include "zoetrope/error.h"
#include "zoetrope/video_file.h"

namespace zoetrope {
namespace {

constexpr std::uint64_t kMaxSidecarBytes = 16'000'000;

std::string name_or_unknown(const char* name) { return name == nullptr ? "unknown" : name; }

// "bt709, limited range", or "matrix/primaries/transfer, …" where they differ.
std::string color_of(const AVCodecParameters& video) {
  const std::string matrix = name_or_unknown(av_color_space_name(video.color_space));
  const std::string primaries = name_or_unknown(av_color_primaries_name(video.color_primaries));
  const std::string transfer = name_or_unknown(av_color_transfer_name(video.color_trc));
  const bool same = matrix == primaries && matrix == transfer;
  const std::string range = video.color_range == AVCOL_RANGE_MPEG   ? "limited range"
                            : video.color_range == AVCOL_RANGE_JPEG ? "full range"
                                                                    : "unknown range";
  return (same ? matrix : matrix + "/" + primaries + "/" + transfer) + ", " + range;
}

// The recipe that the file carries, or, for containers without tags, the one in its sidecar.
std::string recipe_of(const AVFormatContext& file, const std::filesystem::path& path) {
  const AVDictionaryEntry* tag = av_dict_get(file.metadata, "parameters", nullptr, 0);
  if (tag != nullptr) return tag->value;
  const std::filesystem::path sidecar = path.string() + ".json";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(sidecar, ignored)) return "";
  const Json json = Json::parse(read_text_file(sidecar, kMaxSidecarBytes), sidecar.string());
  const Json* recipe = json.find("recipe");
  return recipe == nullptr || recipe->is_null() ? "" : recipe->dump();
}

}  // namespace

VideoFileInfo inspect_video_file(const std::filesystem::path& path) {
  media::Demuxer file(path);
  const AVStream& stream = *file.video();
  const AVCodecParameters& video = *stream.codecpar;

  VideoFileInfo info;
  info.container = file.container();
  info.codec = avcodec_get_name(video.codec_id);
  info.pixel_format =
      name_or_unknown(av_get_pix_fmt_name(static_cast<AVPixelFormat>(video.format)));
  info.color = color_of(video);
  info.width = video.width;
  info.height = video.height;
  if (stream.avg_frame_rate.den > 0) {
    info.fps = {stream.avg_frame_rate.num, stream.avg_frame_rate.den};
  }
  info.recipe_json = recipe_of(*file.context(), path);

  // Counted, since not every container says how many there are.
  const media::PacketPtr packet = media::new_packet();
  while (file.read(packet.get())) ++info.frames;
  const bool timed = stream.duration != AV_NOPTS_VALUE;
  info.duration_s = timed ? static_cast<double>(stream.duration) * av_q2d(stream.time_base)
                          : static_cast<double>(file.context()->duration) / AV_TIME_BASE;
  return info;
}

}  // namespace zoetrope
