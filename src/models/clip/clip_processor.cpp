#include "models/clip/clip_processor.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "checkpoint/model_index.h"
#include "media/resize.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

constexpr std::int64_t kMaxSide = 4096;      // of what a tower reads
constexpr std::int64_t kMaxResized = 65536;  // of a still before it is cut

[[noreturn]] void fail(const ConfigFile& config, ErrorCode code, const std::string& found) {
  throw Error(code, "read " + config.path().string() + ": " + found);
}

int side(const ConfigFile& config, const std::string& key, const Json& value) {
  const std::int64_t pixels =
      value.as_integer("read " + config.path().string() + ": '" + key + "'");
  if (pixels < 1 || pixels > kMaxSide) {
    fail(config, ErrorCode::kCorrupt,
         "'" + key + "' has a side of " + std::to_string(pixels) + " (expected 1 to " +
             std::to_string(kMaxSide) + ")");
  }
  return static_cast<int>(pixels);
}

// {"shortest_edge": n}, {"height": n, "width": n} or n, which is the shortest edge.
void read_size(const ConfigFile& config, ClipProcessor& result) {
  const Json* size = config.find("size");
  if (size == nullptr) return;

  const Json* shortest = size->is_object() ? size->find("shortest_edge") : size;
  const Json* height = size->find("height");
  const Json* width = size->find("width");
  result.shortest_edge = 0;
  if (shortest != nullptr && size->find("longest_edge") == nullptr) {
    result.shortest_edge = side(config, "size", *shortest);
  } else if (height != nullptr && width != nullptr) {
    result.height = side(config, "size", *height);
    result.width = side(config, "size", *width);
  } else {
    fail(config, ErrorCode::kUsage,
         "'size' is not supported by this version (expected shortest_edge, or height and width)");
  }
}

// {"height": n, "width": n} or n, which is both.
void read_crop_size(const ConfigFile& config, ClipProcessor& result) {
  const bool by_edge = result.shortest_edge > 0;
  const int width = by_edge ? result.shortest_edge : result.width;
  const int height = by_edge ? result.shortest_edge : result.height;
  if (!config.boolean("do_center_crop", true)) {
    if (by_edge) {
      fail(config, ErrorCode::kUsage,
           "'do_center_crop' is false and 'size' keeps the still's aspect (expected a crop: the "
           "image encoder reads squares)");
    }
    result.crop_width = width;
    result.crop_height = height;
    return;
  }
  if (const Json* size = config.find("crop_size"); size != nullptr) {
    const Json* crop_height = size->is_object() ? size->find("height") : size;
    const Json* crop_width = size->is_object() ? size->find("width") : size;
    if (crop_height == nullptr || crop_width == nullptr) {
      fail(config, ErrorCode::kCorrupt, "'crop_size' has no height and width");
    }
    result.crop_height = side(config, "crop_size", *crop_height);
    result.crop_width = side(config, "crop_size", *crop_width);
  }
  if (result.crop_width > width || result.crop_height > height) {
    fail(config, ErrorCode::kUsage,
         "'crop_size' is larger than 'size', which this version does not support (expected a crop "
         "that lies inside)");
  }
}

std::array<double, 3> channel_numbers(const ConfigFile& config, const std::string& key,
                                      const std::array<double, 3>& fallback) {
  if (config.find(key) == nullptr) return fallback;
  const std::vector<double> values = config.numbers(key);
  if (values.size() != 3 ||
      !std::ranges::all_of(values, [](double value) { return std::isfinite(value); })) {
    fail(config, ErrorCode::kCorrupt, "'" + key + "' is not three numbers");
  }
  return {values[0], values[1], values[2]};
}

Picture resized(const ClipProcessor& processor, const Picture& still) {
  if (processor.shortest_edge == 0) {
    return resize(still, processor.width, processor.height, ResizeFilter::kBicubic);
  }
  const std::int64_t shorter = std::min(still.width, still.height);
  const std::int64_t longer = std::max(still.width, still.height);
  const std::int64_t far_edge = processor.shortest_edge * longer / shorter;
  if (far_edge > kMaxResized) {
    throw Error(ErrorCode::kUsage,
                "see still: it is " + std::to_string(still.width) + " x " +
                    std::to_string(still.height) +
                    " pixels (expected sides that differ by less than a factor of " +
                    std::to_string(kMaxResized / processor.shortest_edge) + ")");
  }
  const int near_edge = processor.shortest_edge;
  const bool upright = still.width <= still.height;
  return resize(still, upright ? near_edge : static_cast<int>(far_edge),
                upright ? static_cast<int>(far_edge) : near_edge, ResizeFilter::kBicubic);
}

}  // namespace

Tensor ClipProcessor::operator()(const Picture& still) const {
  const Picture large = resized(*this, still);
  const Picture picture = crop(large, (large.width - crop_width) / 2,
                               (large.height - crop_height) / 2, crop_width, crop_height);
  Tensor result = at::empty({1, 3, picture.height, picture.width}, at::kFloat);
  const std::size_t pixels = picture.rgb.size() / 3;
  for (std::size_t c = 0; c < 3; ++c) {
    // In the order and the types in which the source computes it.
    std::array<float, 256> normalised;
    for (std::size_t level = 0; level < 256; ++level) {
      const auto rescaled = static_cast<float>(static_cast<double>(level) * rescale_factor);
      normalised[level] =
          (rescaled - static_cast<float>(mean[c])) / static_cast<float>(deviation[c]);
    }
    float* plane = result.data_ptr<float>() + c * pixels;
    for (std::size_t i = 0; i < pixels; ++i) plane[i] = normalised[picture.rgb[3 * i + c]];
  }
  return result;
}

ClipProcessor read_clip_processor(const ConfigFile& config) {
  ClipProcessor result;
  if (!config.boolean("do_resize", true)) {
    fail(config, ErrorCode::kUsage,
         "'do_resize' is false, which this version does not support (expected true)");
  }
  read_size(config, result);
  read_crop_size(config, result);
  if (config.integer("resample", 3) != 3) {  // Pillow's number
    fail(config, ErrorCode::kUsage,
         "'resample' is not supported by this version (expected 3, bicubic)");
  }
  result.rescale_factor =
      config.boolean("do_rescale", true) ? config.number("rescale_factor", 1.0 / 255) : 1;
  if (config.boolean("do_normalize", true)) {
    result.mean = channel_numbers(config, "image_mean", result.mean);
    result.deviation = channel_numbers(config, "image_std", result.deviation);
  } else {
    result.mean = {0, 0, 0};
    result.deviation = {1, 1, 1};
  }
  if (!std::isfinite(result.rescale_factor) ||
      std::ranges::any_of(result.deviation, [](double value) { return !(value > 0); })) {
    fail(config, ErrorCode::kCorrupt,
         "'rescale_factor' is not finite or 'image_std' not positive (expected as CLIP's)");
  }
  return result;
}

}  // namespace zoetrope
