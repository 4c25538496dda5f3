#include <memory>
#include <vector>

#include <webp/decode.h>
#include <webp/demux.h>

#include "media/still_color.h"
#include "media/still_decoders.h"
#include "media/still_exif.h"
#include "media/still_rows.h"
#include "zoetrope/error.h"

namespace zoetrope::media {
namespace {

struct FreeDemuxer {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};
using DemuxerPtr = std::unique_ptr<WebPDemuxer, FreeDemuxer>;

// The first picture; its bytes belong to the file.
struct FirstFrame {
  explicit FirstFrame(const WebPDemuxer* demuxer)
      : found(WebPDemuxGetFrame(demuxer, 1, &iterator) != 0) {}
  FirstFrame(const FirstFrame&) = delete;
  FirstFrame& operator=(const FirstFrame&) = delete;
  ~FirstFrame() { WebPDemuxReleaseIterator(&iterator); }

  WebPIterator iterator{};
  bool found;
};

// The first chunk of this name, which belongs to the file; empty if there is none.
StillBytes chunk(const WebPDemuxer* demuxer, const char* name) {
  WebPChunkIterator iterator{};
  StillBytes bytes;
  if (WebPDemuxGetChunk(demuxer, name, 1, &iterator) != 0) {
    bytes = {iterator.chunk.bytes, iterator.chunk.size};
  }
  WebPDemuxReleaseChunkIterator(&iterator);
  return bytes;
}

const char* reason(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      return "libwebp says 'out of memory'";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "libwebp says 'unsupported feature'";
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return "libwebp says 'not enough data'";
    default:
      return "libwebp says 'bitstream error'";
  }
}

// The pixels of `frame` where they lie on the canvas; zeros, which is black, around.
std::vector<std::uint8_t> decode_frame(const WebPIterator& frame, const StillLayout& layout) {
  const int bytes = bytes_a_pixel(layout.kind);
  const std::size_t row = static_cast<std::size_t>(layout.width) * static_cast<std::size_t>(bytes);
  std::vector<std::uint8_t> canvas(row * static_cast<std::size_t>(layout.height));
  const std::size_t at = static_cast<std::size_t>(frame.y_offset) * row +
                         static_cast<std::size_t>(frame.x_offset) * static_cast<std::size_t>(bytes);
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) {
    throw Error(ErrorCode::kResource, "libwebp is of another version than it was built with");
  }
  config.output.colorspace = layout.kind == PixelKind::kRgba ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = canvas.data() + at;
  config.output.u.RGBA.stride = static_cast<int>(row);
  config.output.u.RGBA.size = canvas.size() - at;
  const VP8StatusCode status = WebPDecode(frame.fragment.bytes, frame.fragment.size, &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) {
    throw Error(ErrorCode::kCorrupt, std::string("damaged or cut short: ") + reason(status));
  }
  return canvas;
}

void require_on_canvas(const WebPIterator& frame, const StillLayout& layout) {
  if (frame.x_offset < 0 || frame.y_offset < 0 || frame.width < 1 || frame.height < 1 ||
      frame.x_offset > layout.width - frame.width ||
      frame.y_offset > layout.height - frame.height) {
    throw Error(ErrorCode::kCorrupt, "damaged: its first picture lies outside of its canvas");
  }
}

}  // namespace

Picture decode_webp(StillBytes bytes, const StillNote& note) {
  const WebPData data{bytes.data(), bytes.size()};
  const DemuxerPtr demuxer(WebPDemux(&data));
  if (!demuxer) {
    throw Error(ErrorCode::kCorrupt, "damaged or cut short: libwebp finds no whole WebP in it");
  }
  const std::uint32_t width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH);
  const std::uint32_t height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT);
  require_still_size(width, height);
  const FirstFrame frame(demuxer.get());
  if (!frame.found) throw Error(ErrorCode::kCorrupt, "damaged: a WebP without a picture");

  StillLayout layout;
  layout.width = static_cast<int>(width);
  layout.height = static_cast<int>(height);
  layout.kind = frame.iterator.has_alpha != 0 ? PixelKind::kRgba : PixelKind::kRgb;
  layout.orientation = exif_orientation(chunk(demuxer.get(), "EXIF"));
  require_on_canvas(frame.iterator, layout);
  auto transform =
      transform_to_srgb(chunk(demuxer.get(), "ICCP"), layout.kind, /*grey=*/false, note);
  std::vector<std::uint8_t> canvas = decode_frame(frame.iterator, layout);
  StillRows rows(layout, std::move(transform));
  const std::size_t row_bytes = canvas.size() / height;
  for (int y = 0; y < layout.height; ++y) {
    rows.put(canvas.data() + static_cast<std::size_t>(y) * row_bytes, {y, 0, 1, layout.width});
  }
  if (rows.transparent()) note("transparent in places: laid over black");
  if (WebPDemuxGetI(demuxer.get(), WEBP_FF_FRAME_COUNT) > 1) {
    note("animated: only its first picture is used");
  }
  return rows.take();
}

}  // namespace zoetrope::media
