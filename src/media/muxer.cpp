#include "media/muxer.h"

#include <string_view>

namespace zoetrope::media {

Muxer::Muxer(const char* format, PartFile& file) : file_(file) {
  AVFormatContext* context = nullptr;
  file.check(avformat_alloc_output_context2(&context, nullptr, format, nullptr));
  context_.reset(context);
  context->pb = file.io();
  context->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT | AVFMT_FLAG_FLUSH_PACKETS;
  // The second pass of faststart reads back what the first wrote, by this name. The prefix keeps
  // any colon in the path from being taken for a protocol.
  context->url = av_strdup(("file:" + file.path().string()).c_str());
}

Muxer::~Muxer() {
  // The GIF muxer frees its last packet in the trailer only. The file is being abandoned, so
  // whether the trailer can be written doesn't matter.
  if (open_) av_write_trailer(context_.get());
}

bool Muxer::wants_global_header() const {
  return (context_->oformat->flags & AVFMT_GLOBALHEADER) != 0;
}

void Muxer::begin(const AVCodecParameters& parameters, AVRational time_base, AVRational rate,
                  const Options& options, const Options& tags) {
  time_base_ = time_base;
  AVStream* stream = allocated(avformat_new_stream(context_.get(), nullptr));
  file_.check(avcodec_parameters_copy(stream->codecpar, &parameters));
  const std::string_view format = context_->oformat->name;
  const bool apple = format == "mp4" || format == "mov";
  // QuickTime plays HEVC under hvc1 only.
  const bool hevc = parameters.codec_id == AV_CODEC_ID_HEVC;
  stream->codecpar->codec_tag = apple && hevc ? MKTAG('h', 'v', 'c', '1') : 0;
  stream->time_base = time_base;
  stream->avg_frame_rate = rate;
  stream->sample_aspect_ratio = {1, 1};
  for (const auto& [key, value] : tags) {
    file_.check(av_dict_set(&context_->metadata, key.c_str(), value.c_str(), 0));
  }
  AvOptions dictionary;
  for (const auto& [key, value] : options) dictionary.set(key, value);
  file_.check(avformat_write_header(context_.get(), dictionary.get()));
  open_ = true;
  dictionary.require_used("write " + file_.target().string());
}

void Muxer::write(AVPacket* packet) {
  packet->stream_index = 0;
  packet->pos = -1;
  // The header may have changed the stream's time base: 16 fps becomes 1/16384 in MP4.
  av_packet_rescale_ts(packet, time_base_, context_->streams[0]->time_base);
  file_.check(av_interleaved_write_frame(context_.get(), packet));
}

void Muxer::end() {
  open_ = false;
  file_.check(av_write_trailer(context_.get()));
  avio_flush(file_.io());
  file_.check(0);
}

}  // namespace zoetrope::media
