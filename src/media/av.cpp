#include "media/av.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <mutex>

extern "C" {
#include <libavutil/error.h>
#include <libavutil/log.h>
}

#include "zoetrope/error.h"

namespace zoetrope::media {
namespace {

// FFmpeg logs on the thread that called it, so that the reason is the caller's own.
thread_local std::string last_log_line;

void keep_errors(void* source, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_ERROR) return;
  char line[512];
  std::vsnprintf(line, sizeof line, format, arguments);
  std::string text(line);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (text.empty()) return;
  const AVClass* type = source == nullptr ? nullptr : *static_cast<AVClass**>(source);
  last_log_line = type == nullptr ? text : std::string(type->item_name(source)) + ": " + text;
}

struct Magic {
  std::size_t offset;
  std::string_view bytes;
  const char* format;
};
constexpr Magic kMagics[] = {
    {4, "ftyp", "mov"}, {0, "\x1A\x45\xDF\xA3", "matroska"}, {0, "GIF8", "gif"}};

}  // namespace

void FreeIo::operator()(AVIOContext* io) const {
  av_freep(&io->buffer);
  avio_context_free(&io);
}

std::string av_reason(int status) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(status, text, sizeof text);
  const std::string line = std::exchange(last_log_line, {});
  return line.empty() ? text : std::string(text) + " (" + line + ")";
}

int check_av(int status, const std::string& attempt) {
  if (status < 0) throw Error(ErrorCode::kResource, attempt + ": " + av_reason(status));
  return status;
}

void silence_av() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback(keep_errors); });
}

void AvOptions::set(const std::string& key, const std::string& value) {
  check_av(av_dict_set(&dictionary_, key.c_str(), value.c_str(), 0), "set option '" + key + "'");
}

void AvOptions::require_used(const std::string& attempt) const {
  const AVDictionaryEntry* left = av_dict_get(dictionary_, "", nullptr, AV_DICT_IGNORE_SUFFIX);
  if (left != nullptr) {
    throw Error(ErrorCode::kUsage, attempt + ": option '" + left->key + "' = '" + left->value +
                                       "' is unknown to this build of FFmpeg");
  }
}

Demuxer::Demuxer(const std::filesystem::path& path) : file_(path) {
  silence_av();
  char head[64] = {};
  file_.read_at(0, head, std::min<std::uint64_t>(sizeof head, file_.size()));
  const std::string_view begin(head, sizeof head);
  for (const Magic& magic : kMagics) {
    if (begin.substr(magic.offset, magic.bytes.size()) != magic.bytes) continue;
    container_ = magic.format;
    if (container_ == "mov" && begin.substr(8, 4) != "qt  ") container_ = "mp4";
    if (container_ == "matroska" && begin.find("webm") != begin.npos) container_ = "webm";
    open(magic.format);
    return;
  }
  throw Error(ErrorCode::kCorrupt, "open video " + path.string() +
                                       ": unknown kind of file (mp4, mov, mkv, webm and gif are "
                                       "read)");
}

void Demuxer::open(const char* format) {
  const std::string attempt = "open video " + file_.path().string();
  constexpr int kBufferBytes = 1 << 16;
  auto* buffer = allocated(static_cast<unsigned char*>(av_malloc(kBufferBytes)));
  io_.reset(avio_alloc_context(buffer, kBufferBytes, 0, this, read_some, nullptr, seek));
  AVFormatContext* input = allocated(avformat_alloc_context());
  input->pb = io_.get();
  input->max_streams = 16;
  input->protocol_whitelist = av_strdup("");
  input->format_whitelist = av_strdup("mov,matroska,gif");
  input->codec_whitelist = av_strdup("h264,hevc,libdav1d,av1,vp9,libvpx-vp9,ffv1,prores,gif");
  const auto check = [&](int status) {
    if (status < 0) throw Error(ErrorCode::kCorrupt, attempt + ": " + av_reason(status));
    return status;
  };
  check(avformat_open_input(&input, "", av_find_input_format(format), nullptr));
  context_.reset(input);
  check(avformat_find_stream_info(input, nullptr));
  video_ = check(av_find_best_stream(input, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0));
}

bool Demuxer::read(AVPacket* packet) {
  for (;;) {
    av_packet_unref(packet);
    const int status = av_read_frame(context_.get(), packet);
    if (status == AVERROR_EOF) return false;
    if (status < 0) {
      throw Error(ErrorCode::kCorrupt,
                  "read video " + file_.path().string() + ": " + av_reason(status));
    }
    if (packet->stream_index == video_) return true;
  }
}

int Demuxer::read_some(void* opaque, std::uint8_t* buffer, int bytes) {
  auto& self = *static_cast<Demuxer*>(opaque);
  if (self.at_ >= self.file_.size()) return AVERROR_EOF;
  const auto count =
      std::min<std::uint64_t>(static_cast<std::uint64_t>(bytes), self.file_.size() - self.at_);
  try {
    self.file_.read_at(self.at_, buffer, count);
  } catch (const Error&) {
    return AVERROR(EIO);  // an exception must not pass through C
  }
  self.at_ += count;
  return static_cast<int>(count);
}

std::int64_t Demuxer::seek(void* opaque, std::int64_t offset, int whence) {
  auto& self = *static_cast<Demuxer*>(opaque);
  const auto size = static_cast<std::int64_t>(self.file_.size());
  switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
      return size;
    case SEEK_SET:
      break;
    case SEEK_CUR:
      offset += static_cast<std::int64_t>(self.at_);
      break;
    case SEEK_END:
      offset += size;
      break;
    default:
      return AVERROR(EINVAL);
  }
  if (offset < 0) return AVERROR(EINVAL);
  self.at_ = static_cast<std::uint64_t>(offset);
  return offset;
}

}  // namespace zoetrope::media
