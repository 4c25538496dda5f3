#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "zoetrope/frame_sink.h"

namespace zoetrope::batch {

/// A sink that lets frames through to another one and keeps a few of them, made small, as cells of
/// one picture: the first, the last and those between at equal distances, in reading order.
class FrameSampler : public FrameSink {
 public:
  struct Layout {
    int columns = 3, rows = 1;
    int cell_width = 160;  ///< pixels at most
  };

  /// total: the clip's frames. `next` must outlive this.
  FrameSampler(FrameSink& next, const VideoFormat& format, std::int64_t total, Layout layout);

  void write(const FrameView& chunk) override;
  void finish() override { next_.finish(); }

  /// Writes the picture as PNG. Throws Error(kResource).
  void save(const std::filesystem::path& path) const;

 private:
  void keep(const float* frame, int cell);

  FrameSink& next_;
  VideoFormat format_;
  Layout layout_;
  std::vector<std::int64_t> wanted_;  ///< the frame in each cell
  int cell_width_, cell_height_;
  std::vector<float> picture_;  ///< [3, rows * cell_height, columns * cell_width]
  std::int64_t seen_ = 0;
};

}  // namespace zoetrope::batch
