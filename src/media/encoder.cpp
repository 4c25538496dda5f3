#include "media/encoder.h"

#include <cmath>
#include <cstdlib>
#include <string_view>

#include "media/pixel.h"
#include "zoetrope/error.h"

namespace zoetrope::media {
namespace {

AVRational to_av(const Rational& rate) {
  return {static_cast<int>(rate.num), static_cast<int>(rate.den)};
}

std::string with_threads(std::string value) {
  value.replace(value.find('#'), 1, std::to_string(encoder_threads()));
  return value;
}

}  // namespace

void Encoder::FreeFilter::operator()(AVBSFContext* filter) const { av_bsf_free(&filter); }

Encoder::Encoder(const Settings& settings)
    : attempt_(settings.attempt),
      codec_(allocated(CodecPtr(avcodec_alloc_context3(settings.choice.encoder)))),
      packet_(new_packet()) {
  const Candidate& candidate = *settings.choice.candidate;
  // SVT-AV1 prints a banner, and only this keeps it quiet.
  if (std::string_view(candidate.name) == "libsvtav1") ::setenv("SVT_LOG", "1", /*overwrite=*/0);

  configure(settings);
  AvOptions options;
  for (const auto& [key, value] : candidate.options) options.set(key, value);
  const auto& [key, value] = candidate.threads_option;
  if (!key.empty()) options.set(key, with_threads(value));
  if (settings.choice.crf >= 0) options.set("crf", std::to_string(settings.choice.crf));
  check_av(avcodec_open2(codec_.get(), settings.choice.encoder, options.get()),
           attempt_ + ": open encoder " + candidate.name);
  options.require_used(attempt_);
  if (settings.anonymous && codec_->codec_id == AV_CODEC_ID_H264) make_anonymous();
}

void Encoder::configure(const Settings& settings) {
  const VideoFormat& format = settings.format;
  codec_->width = format.width;
  codec_->height = format.height;
  codec_->pix_fmt = settings.choice.pixel_format;
  codec_->framerate = to_av(format.fps);
  codec_->time_base = av_inv_q(codec_->framerate);
  codec_->sample_aspect_ratio = {1, 1};
  // One key frame a second: what a killed process loses is the fragment after the last one.
  codec_->gop_size =
      settings.choice.codec->intra_only ? 1 : static_cast<int>(std::ceil(format.fps.value()));
  codec_->bit_rate = 0;  // quality decides, not a rate
  // FFmpeg's own frame threads (PNG) would only hold more frames.
  const bool frame_threads =
      (settings.choice.encoder->capabilities & AV_CODEC_CAP_FRAME_THREADS) != 0;
  codec_->thread_count = frame_threads ? 1 : encoder_threads();
  codec_->flags |= AV_CODEC_FLAG_BITEXACT;
  if (settings.global_header) codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;

  const ColorTags tags = color_tags(settings.choice.pixel_format);
  codec_->color_primaries = tags.primaries;
  codec_->color_trc = tags.transfer;
  codec_->colorspace = tags.matrix;
  codec_->color_range = tags.range;
  const bool halved =
      codec_->pix_fmt == AV_PIX_FMT_YUV420P || codec_->pix_fmt == AV_PIX_FMT_YUV420P10;
  if (halved) codec_->chroma_sample_location = AVCHROMA_LOC_LEFT;
}

// x264 writes its version and settings into the first frame and has no option against it.
void Encoder::make_anonymous() {
  AVBSFContext* filter = nullptr;
  const char* const no_sei = "filter_units=remove_types=6";
  check_av(av_bsf_list_parse_str(no_sei, &filter), attempt_ + ": make a filter");
  filter_.reset(filter);
  check_av(avcodec_parameters_from_context(filter->par_in, codec_.get()), attempt_);
  filter->time_base_in = codec_->time_base;
  check_av(av_bsf_init(filter), attempt_ + ": open a filter");
}

void Encoder::encode(AVFrame* frame, const std::function<void(AVPacket*)>& on_packet) {
  if (frame != nullptr) frame->pts = next_++;
  check_av(avcodec_send_frame(codec_.get(), frame), attempt_ + ": encode a frame");
  for (;;) {
    const int status = avcodec_receive_packet(codec_.get(), packet_.get());
    if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return;
    check_av(status, attempt_ + ": encode a frame");
    packet_->duration = 1;
    filter(packet_.get(), on_packet);
  }
}

void Encoder::filter(AVPacket* packet, const std::function<void(AVPacket*)>& on_packet) {
  if (filter_ == nullptr) return on_packet(packet);
  check_av(av_bsf_send_packet(filter_.get(), packet), attempt_ + ": filter a packet");
  check_av(av_bsf_receive_packet(filter_.get(), packet), attempt_ + ": filter a packet");
  on_packet(packet);
}

}  // namespace zoetrope::media
