#include "batch/frame_sampler.h"

#include <algorithm>
#include <cmath>
#include <system_error>

#include "zoetrope/error.h"
#include "zoetrope/video_file.h"

namespace zoetrope::batch {
namespace {

// The mean of a plane over one cell's pixel: source [height, width], pixel (y, x) of [h, w].
float mean(const float* plane, const VideoFormat& source, int y, int x, int h, int w) {
  const auto edge = [](int i, int to, int from) {
    return static_cast<int>(std::int64_t{i} * from / to);
  };
  const int top = edge(y, h, source.height), left = edge(x, w, source.width);
  const int bottom = std::max(top + 1, edge(y + 1, h, source.height));
  const int right = std::max(left + 1, edge(x + 1, w, source.width));
  double sum = 0;
  for (int row = top; row < bottom; ++row) {
    for (int column = left; column < right; ++column) {
      sum += static_cast<double>(plane[std::int64_t{row} * source.width + column]);
    }
  }
  return static_cast<float>(sum / (std::int64_t{bottom - top} * (right - left)));
}

}  // namespace

FrameSampler::FrameSampler(FrameSink& next, const VideoFormat& format, std::int64_t total,
                           Layout layout)
    : next_(next),
      format_(format),
      layout_(layout),
      cell_width_(std::min(layout.cell_width, format.width)),
      cell_height_(
          std::max(1, static_cast<int>(std::int64_t{format.height} * cell_width_ / format.width))) {
  const int cells = layout.columns * layout.rows;
  for (int cell = 0; cell < cells; ++cell) wanted_.push_back(cell * (total - 1) / (cells - 1));
  picture_.resize(std::size_t{3} * static_cast<std::size_t>(cells * cell_width_ * cell_height_));
}

void FrameSampler::write(const FrameView& chunk) {
  const std::int64_t values = std::int64_t{3} * chunk.width * chunk.height;
  for (std::int64_t i = 0; i < chunk.frames; ++i, ++seen_) {
    for (std::size_t cell = 0; cell < wanted_.size(); ++cell) {
      if (wanted_[cell] == seen_) keep(chunk.data + i * values, static_cast<int>(cell));
    }
  }
  next_.write(chunk);
}

void FrameSampler::keep(const float* frame, int cell) {
  const std::int64_t width = std::int64_t{layout_.columns} * cell_width_;
  const std::int64_t height = std::int64_t{layout_.rows} * cell_height_;
  const std::int64_t corner = std::int64_t{cell / layout_.columns} * cell_height_ * width +
                              std::int64_t{cell % layout_.columns} * cell_width_;
  for (int plane = 0; plane < 3; ++plane) {
    const float* source = frame + std::int64_t{plane} * format_.width * format_.height;
    float* target = picture_.data() + plane * width * height + corner;
    for (int y = 0; y < cell_height_; ++y) {
      for (int x = 0; x < cell_width_; ++x) {
        target[y * width + x] = mean(source, format_, y, x, cell_height_, cell_width_);
      }
    }
  }
}

void FrameSampler::save(const std::filesystem::path& path) const {
  // Pictures are written as frames by their numbers, of which there is one.
  VideoFileOptions options;
  options.path = path.string() + ".%01d.png";
  options.overwrite = true;
  options.metadata = false;
  options.frames = 1;
  const VideoFormat format{layout_.columns * cell_width_, layout_.rows * cell_height_, {1, 1}};
  const auto file = open_video_file(options, format);
  file->write({picture_.data(), 1, format.width, format.height});
  file->finish();
  const std::filesystem::path numbered = path.string() + ".1.png";
  std::error_code error;
  std::filesystem::rename(numbered, path, error);
  if (!error) return;
  std::error_code ignored;
  std::filesystem::remove(numbered, ignored);
  throw Error(ErrorCode::kResource, "write " + path.string() + ": " + error.message());
}

}  // namespace zoetrope::batch
