#include <optional>

#include <unistd.h>

#include "core/sha256.h"
#include "media/containers.h"
#include "media/muxer.h"
#include "media/target.h"
#include "zoetrope/error.h"

namespace zoetrope::media {
namespace {

std::filesystem::path with_suffix(const std::filesystem::path& path, const char* suffix) {
  return path.string() + suffix;
}

// While encoding: the index of an MP4 goes before its first frame and grows by fragments, so that
// the .part plays up to its last fragment whatever happens; clusters of Matroska are kept short.
Options crash_safe(const Container& container) {
  if (container.fragmented) {
    return {{"movflags", "frag_keyframe+empty_moov+default_base_moof+delay_moov"}};
  }
  if (container.tagged) return {{"cluster_time_limit", "1000"}};
  return {};
}

// The finished file: all of the index first, and every tag kept under its own name. The timescale
// is a multiple of the rate, so that the duration of the whole is exact too.
Options final_form(const Container& container, AVRational rate) {
  if (!container.fragmented) return {};
  int scale = rate.num;
  while (scale < 10000) scale *= 2;
  return {{"movflags", "faststart+use_metadata_tags"},
          {"movie_timescale", std::to_string(scale)},
          {"video_track_timescale", std::to_string(scale)}};
}

class VideoTarget : public Target {
 public:
  VideoTarget(const VideoFileOptions& options, const VideoFormat& format,
              const CodecChoice& choice);
  ~VideoTarget() override;
  std::int64_t encode(FramePtr frame) override;
  ClipFacts complete(const Options& tags) override;
  void publish() override;
  void settle() override { settled_ = true; }

 private:
  PartFile& finished() { return copy_ ? *copy_ : *part_; }
  void copy_packets(PartFile& copy, const Options& tags);
  void verify(const std::filesystem::path& path) const;

  VideoFileOptions options_;
  const Container& container_;
  const char* encoder_name_;
  std::optional<PartFile> part_, copy_;  // what is encoded, and its final form where it has one
  Muxer muxer_;
  Encoder encoder_;
  std::int64_t frames_ = 0, packets_ = 0;
  bool published_ = false, settled_ = false;
};

VideoTarget::VideoTarget(const VideoFileOptions& options, const VideoFormat& format,
                         const CodecChoice& choice)
    : options_(options),
      container_(container_of(options.path)),
      encoder_name_(choice.encoder->name),
      part_(std::in_place, with_suffix(options.path, ".part"), options.path),
      muxer_(container_.muxer, *part_),
      encoder_({choice, format, muxer_.wants_global_header(), /*anonymous=*/!options.metadata,
                "write " + options.path.string()}) {
  AVCodecParameters* parameters = allocated(avcodec_parameters_alloc());
  const auto free_parameters = [](AVCodecParameters* p) { avcodec_parameters_free(&p); };
  const std::unique_ptr<AVCodecParameters, decltype(free_parameters)> owner(parameters,
                                                                            free_parameters);
  part_->check(avcodec_parameters_from_context(parameters, &encoder_.context()));
  muxer_.begin(*parameters, encoder_.time_base(), encoder_.frame_rate(), crash_safe(container_),
               {});
}

VideoTarget::~VideoTarget() {
  if (published_ && !settled_) ::unlink(options_.path.c_str());
}

std::int64_t VideoTarget::encode(FramePtr frame) {
  if (frame != nullptr) ++frames_;
  encoder_.encode(frame.get(), [this](AVPacket* packet) {
    ++packets_;
    muxer_.write(packet);
  });
  if (frame == nullptr) muxer_.end();
  return packets_;
}

ClipFacts VideoTarget::complete(const Options& tags) {
  const std::string attempt = "write " + options_.path.string();
  if (packets_ != frames_) {
    throw Error(ErrorCode::kResource, attempt + ": the encoder returned " +
                                          std::to_string(packets_) + " of " +
                                          std::to_string(frames_) + " frames");
  }
  if (container_.tagged) {
    copy_.emplace(with_suffix(options_.path, ".part2"), options_.path);
    copy_packets(*copy_, tags);
  }
  finished().sync();
  const std::filesystem::path& path = finished().path();
  verify(path);
  return {finished().size(), sha256_of_file(path), encoder_name_};
}

void VideoTarget::publish() {
  finished().publish(options_.overwrite);
  published_ = true;
  copy_.reset();
  part_.reset();
  sync_path(folder_of(options_.path));
}

void VideoTarget::copy_packets(PartFile& copy, const Options& tags) {
  Demuxer source(part_->path());
  const AVStream& stream = *source.video();
  Muxer muxer(container_.muxer, copy);
  const AVRational rate = encoder_.frame_rate();
  muxer.begin(*stream.codecpar, stream.time_base, rate, final_form(container_, rate), tags);
  const PacketPtr packet = new_packet();
  while (source.read(packet.get())) muxer.write(packet.get());
  muxer.end();
}

// Reads the file back: every frame that was written has its packet.
void VideoTarget::verify(const std::filesystem::path& path) const {
  Demuxer file(path);
  const PacketPtr packet = new_packet();
  std::int64_t found = 0;
  while (file.read(packet.get())) ++found;
  if (found == frames_) return;
  throw Error(ErrorCode::kResource, "write " + options_.path.string() + ": the file holds " +
                                        std::to_string(found) + " frames (" +
                                        std::to_string(frames_) + " were written)");
}

}  // namespace

std::unique_ptr<Target> open_video_target(const VideoFileOptions& options,
                                          const VideoFormat& format, const CodecChoice& choice) {
  require_absent(options.path, options.overwrite);
  return std::make_unique<VideoTarget>(options, format, choice);
}

}  // namespace zoetrope::media
