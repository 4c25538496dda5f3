#include "unit/media/clips.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

// x265 3.5 never frees the strings of its parameters.
extern "C" __attribute__((visibility("default"))) const char* __lsan_default_suppressions() {
  return "leak:libx265\n";
}

// SVT-AV1 synchronises in ways that ThreadSanitizer can't see.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_suppressions() {
  return "race:libSvtAv1Enc\n";
}

namespace zoetrope::test {
namespace {

template <typename Value>
TestFrame make_frame(int width, int height, const Value& value) {
  TestFrame frame = {width, height, {}};
  frame.values.reserve(std::size_t{3} * width * height);
  for (int plane = 0; plane < 3; ++plane) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) frame.values.push_back(value(plane, x, y));
    }
  }
  return frame;
}

}  // namespace

TestFrame moving_frame(int width, int height, int index) {
  return make_frame(width, height, [&](int plane, int x, int y) {
    const double wave = std::sin(0.2 * x + 0.3 * index + plane) * std::cos(0.15 * y - 0.1 * index);
    return static_cast<float>(std::lround(127.5 + 120 * wave)) / 255.0F;
  });
}

TestFrame patches_frame(int width, int height, const std::array<Color, 8>& colors) {
  return make_frame(width, height, [&](int plane, int x, int y) {
    const std::size_t patch = static_cast<std::size_t>(x * 4 / width + y * 2 / height * 4);
    return static_cast<float>(colors[patch][static_cast<std::size_t>(plane)]) / 255.0F;
  });
}

TestFrame ramp_frame(int width, int height) {
  return make_frame(width, height, [&](int, int x, int) {
    return static_cast<float>(x) / static_cast<float>(width - 1);
  });
}

TestFrame noise_frame(int width, int height, unsigned seed) {
  std::mt19937 random(seed);
  return make_frame(width, height,
                    [&](int, int, int) { return static_cast<float>(random() & 255U) / 255.0F; });
}

void write_clip(const VideoFileOptions& options, const VideoFormat& format, int frames) {
  const auto file = open_video_file(options, format);
  for (int i = 0; i < frames; ++i) {
    file->write(moving_frame(format.width, format.height, i).view());
  }
  file->set_recipe(test_recipe());
  file->finish();
}

Recipe test_recipe() {
  return {R"({"prompt":"a heron in fog ✨ \"slowly\"","seed":42,"engine":"x"})",
          {{"prompt", "a heron in fog ✨ \"slowly\""}, {"seed", "42"}, {"steps", "7"}}};
}

Output run(const std::string& command) {
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen failed");
  std::string text;
  char buffer[65536];
  for (std::size_t count = 0; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    text.append(buffer, count);
  }
  return {::pclose(pipe), text};
}

std::string decode(const std::filesystem::path& file, const std::string& pixel_format) {
  return run("ffmpeg -v quiet -nostdin -i '" + file.string() + "' -f rawvideo -pix_fmt " +
             pixel_format + " -vsync passthrough -")
      .text;
}

std::string probe(const std::filesystem::path& file, const std::string& entry) {
  std::string text = run("ffprobe -v error -count_frames -select_streams v:0 -of csv=p=0 "
                         "-show_entries " +
                         entry + " -f " +
                         (file.string().find(".mkv") != std::string::npos ||
                                  file.string().find(".webm") != std::string::npos
                              ? "matroska"
                          : file.string().find(".gif") != std::string::npos ? "gif"
                                                                            : "mov") +
                         " '" + file.string() + "'")
                         .text;
  while (!text.empty() && (text.back() == '\n' || text.back() == ',')) text.pop_back();
  return text;
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace zoetrope::test
