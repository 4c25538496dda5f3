#include "media/pixel.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

extern "C" {
#include <libavutil/pixdesc.h>
}

#include "core/check.h"

namespace zoetrope::media {
namespace {

constexpr float kRed = 0.2126F, kGreen = 0.7152F, kBlue = 0.0722F;
constexpr int kPaletteRed = 6, kPaletteGreen = 7, kPaletteBlue = 6;

struct Picture {
  const float* rgb;
  int width, height;

  // One sample in [0, 1]; the comparison is false for NaN.
  float at(int plane, int x, int y) const {
    const float value = rgb[(static_cast<std::size_t>(plane) * height + y) * width + x];
    return value > 0.0F ? std::min(value, 1.0F) : 0.0F;
  }
};

// A threshold in (0, 1), the same for a pixel in every frame, so that still areas stay still. Kept
// off 0 and 1: a value that is whole but for its last bit must not be dithered.
float threshold(int x, int y) {
  const std::uint32_t hash =
      static_cast<std::uint32_t>(x) * 0xC13FA9A9U + static_cast<std::uint32_t>(y) * 0x91E10DA5U;
  return 0.004F + 0.992F * static_cast<float>(hash >> 8) / 16777216.0F;
}

void store(AVFrame* frame, int plane, int x, int y, int value, bool wide) {
  std::uint8_t* row = frame->data[plane] + static_cast<std::ptrdiff_t>(y) * frame->linesize[plane];
  if (wide) {
    reinterpret_cast<std::uint16_t*>(row)[x] = static_cast<std::uint16_t>(value);
  } else {
    row[x] = static_cast<std::uint8_t>(value);
  }
}

// The luma of one row, and of its neighbours while the frame is walked downwards.
class LumaRows {
 public:
  explicit LumaRows(const Picture& picture) : picture_(picture) {
    for (std::vector<float>& row : rows_) row.resize(static_cast<std::size_t>(picture.width));
    load(0);
  }

  // Makes row y the current one; rows are asked for in order.
  void advance(int y) {
    std::swap(rows_[0], rows_[1]);
    std::swap(rows_[1], rows_[2]);
    load(std::min(y + 1, picture_.height - 1));
    if (y == 0) std::copy(rows_[1].begin(), rows_[1].end(), rows_[0].begin());
  }

  float at(int x) const { return rows_[1][static_cast<std::size_t>(x)]; }

  // An area that is flat to the last bit can't band, and noise in it would only cost accuracy.
  bool flat(int x) const {
    const float value = at(x);
    return rows_[0][static_cast<std::size_t>(x)] == value &&
           rows_[2][static_cast<std::size_t>(x)] == value && at(std::max(x - 1, 0)) == value &&
           at(std::min(x + 1, picture_.width - 1)) == value;
  }

 private:
  void load(int y) {
    for (int x = 0; x < picture_.width; ++x) {
      rows_[2][static_cast<std::size_t>(x)] = kRed * picture_.at(0, x, y) +
                                              kGreen * picture_.at(1, x, y) +
                                              kBlue * picture_.at(2, x, y);
    }
  }

  const Picture& picture_;
  std::vector<float> rows_[3];  // above, current, below
};

void fill_luma(const Picture& picture, int depth, AVFrame* frame) {
  const float scale = static_cast<float>(1 << (depth - 8));
  LumaRows rows(picture);
  for (int y = 0; y < picture.height; ++y) {
    rows.advance(y);
    for (int x = 0; x < picture.width; ++x) {
      const float rounding = depth == 8 && !rows.flat(x) ? threshold(x, y) : 0.5F;
      const float code = (16.0F + 219.0F * rows.at(x)) * scale + rounding;
      store(frame, 0, x, y, static_cast<int>(code), depth > 8);
    }
  }
}

// Both colour differences of one row, Cb then Cr in [-0.5, 0.5], full width.
void row_differences(const Picture& picture, int y, std::vector<float>& cb,
                     std::vector<float>& cr) {
  for (int x = 0; x < picture.width; ++x) {
    const float red = picture.at(0, x, y), blue = picture.at(2, x, y);
    const float luma = kRed * red + kGreen * picture.at(1, x, y) + kBlue * blue;
    cb[x] += (blue - luma) / (2.0F * (1.0F - kBlue));
    cr[x] += (red - luma) / (2.0F * (1.0F - kRed));
  }
}

void fill_chroma(const Picture& picture, const AVPixFmtDescriptor& format, AVFrame* frame) {
  const int depth = format.comp[0].depth;
  const int across = 1 << format.log2_chroma_w, down = 1 << format.log2_chroma_h;
  const float scale = static_cast<float>(1 << (depth - 8));
  std::vector<float> differences[2];
  for (int y = 0; y < picture.height / down; ++y) {
    for (auto& row : differences) row.assign(static_cast<std::size_t>(picture.width), 0.0F);
    for (int i = 0; i < down; ++i) {
      row_differences(picture, y * down + i, differences[0], differences[1]);
    }
    for (int plane = 1; plane <= 2; ++plane) {
      const std::vector<float>& row = differences[plane - 1];
      for (int x = 0; x < picture.width / across; ++x) {
        const int center = x * across;
        const int left = std::max(center - 1, 0), right = std::min(center + 1, picture.width - 1);
        const float sum =
            across == 1 ? row[center] : (row[left] + 2.0F * row[center] + row[right]) / 4.0F;
        const float code = (128.0F + 224.0F * sum / static_cast<float>(down)) * scale + 0.5F;
        store(frame, plane, x, y, static_cast<int>(code), depth > 8);
      }
    }
  }
}

// Planar or packed RGB: the descriptor says where each component of a pixel lies.
void fill_rgb(const Picture& picture, const AVPixFmtDescriptor& format, AVFrame* frame) {
  const int depth = format.comp[0].depth;
  const float peak = static_cast<float>((1 << depth) - 1);
  for (int component = 0; component < 3; ++component) {
    const AVComponentDescriptor& place = format.comp[component];
    for (int y = 0; y < picture.height; ++y) {
      std::uint8_t* row = frame->data[place.plane] +
                          static_cast<std::ptrdiff_t>(y) * frame->linesize[place.plane] +
                          place.offset;
      for (int x = 0; x < picture.width; ++x) {
        const auto code = static_cast<int>(picture.at(component, x, y) * peak + 0.5F);
        std::uint8_t* sample = row + static_cast<std::ptrdiff_t>(x) * place.step;
        if (depth > 8) {
          *reinterpret_cast<std::uint16_t*>(sample) = static_cast<std::uint16_t>(code);
        } else {
          *sample = static_cast<std::uint8_t>(code);
        }
      }
    }
  }
}

void fill_palette(const Picture& picture, AVFrame* frame) {
  auto* colors = reinterpret_cast<std::uint32_t*>(frame->data[1]);
  std::fill_n(colors, 256, 0xFF000000U);
  const auto spread = [](int level, int levels) {
    return static_cast<std::uint32_t>(std::lround(255.0 * level / (levels - 1)));
  };
  for (int i = 0; i < kPaletteRed * kPaletteGreen * kPaletteBlue; ++i) {
    const int blue = i % kPaletteBlue, rest = i / kPaletteBlue;
    colors[i] = 0xFF000000U | spread(rest / kPaletteGreen, kPaletteRed) << 16 |
                spread(rest % kPaletteGreen, kPaletteGreen) << 8 | spread(blue, kPaletteBlue);
  }
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      // Each component has thresholds of its own, else a grey ramp would dither in coarse steps.
      const int red = static_cast<int>(picture.at(0, x, y) * (kPaletteRed - 1) + threshold(x, y));
      const int green =
          static_cast<int>(picture.at(1, x, y) * (kPaletteGreen - 1) + threshold(y, x));
      const int blue =
          static_cast<int>(picture.at(2, x, y) * (kPaletteBlue - 1) + 1.0F - threshold(x, y));
      store(frame, 0, x, y, (red * kPaletteGreen + green) * kPaletteBlue + blue, /*wide=*/false);
    }
  }
}

}  // namespace

ColorTags color_tags(AVPixelFormat pixel_format) {
  const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(pixel_format);
  if ((format->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) == 0) {
    return {AVCOL_PRI_BT709, AVCOL_TRC_BT709, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG};
  }
  // A still is looked at as sRGB; a lossless clip keeps the transfer that video is tagged with.
  const bool still = pixel_format == AV_PIX_FMT_RGB24;
  return {AVCOL_PRI_BT709, still ? AVCOL_TRC_IEC61966_2_1 : AVCOL_TRC_BT709, AVCOL_SPC_RGB,
          AVCOL_RANGE_JPEG};
}

FramePtr to_frame(const float* rgb, int width, int height, AVPixelFormat pixel_format) {
  FramePtr frame = new_frame();
  frame->width = width;
  frame->height = height;
  frame->format = pixel_format;
  const ColorTags tags = color_tags(pixel_format);
  frame->color_primaries = tags.primaries;
  frame->color_trc = tags.transfer;
  frame->colorspace = tags.matrix;
  frame->color_range = tags.range;
  check_av(av_frame_get_buffer(frame.get(), 0), "allocate a frame");

  const Picture picture = {rgb, width, height};
  const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(pixel_format);
  if ((format->flags & AV_PIX_FMT_FLAG_PAL) != 0) {
    fill_palette(picture, frame.get());
  } else if ((format->flags & AV_PIX_FMT_FLAG_RGB) != 0) {
    fill_rgb(picture, *format, frame.get());
  } else {
    frame->chroma_location = AVCHROMA_LOC_LEFT;
    fill_luma(picture, format->comp[0].depth, frame.get());
    fill_chroma(picture, *format, frame.get());
  }
  return frame;
}

}  // namespace zoetrope::media
