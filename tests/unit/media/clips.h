#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "zoetrope/video_file.h"

namespace zoetrope::test {

using Color = std::array<int, 3>;  ///< R, G, B in 0 … 255

/// One frame as a sink takes it, fp32 [3, height, width].
struct TestFrame {
  int width, height;
  std::vector<float> values;

  FrameView view() const { return {values.data(), 1, width, height}; }
};

/// A picture with detail that moves with `index`; every value is a whole number of 255ths.
TestFrame moving_frame(int width, int height, int index);

/// Eight flat patches, 4 across and 2 down.
TestFrame patches_frame(int width, int height, const std::array<Color, 8>& colors);

/// A still grey ramp, black on the left.
TestFrame ramp_frame(int width, int height);

/// Noise that no codec can make small.
TestFrame noise_frame(int width, int height, unsigned seed);

/// Writes `frames` moving frames with a recipe and finishes.
void write_clip(const VideoFileOptions& options, const VideoFormat& format, int frames);

/// A recipe with words that are looked for in the files' bytes.
Recipe test_recipe();

/// What a program printed; `status` is its exit status.
struct Output {
  int status;
  std::string text;
};
Output run(const std::string& command);

/// Every frame as the ffmpeg program decodes it, in FFmpeg's pixel format of that name.
std::string decode(const std::filesystem::path& file, const std::string& pixel_format);

/// One value that ffprobe reports about the video stream, frames counted.
std::string probe(const std::filesystem::path& file, const std::string& entry);

std::string bytes_of(const std::filesystem::path& file);

/// Names in a folder, sorted.
std::vector<std::string> names_in(const std::filesystem::path& folder);

}  // namespace zoetrope::test
