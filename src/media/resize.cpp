#include "media/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <utility>

#include "core/check.h"

namespace zoetrope {
namespace {

constexpr int kChannels = 3;
constexpr int kFractionBits = 22;
constexpr std::int64_t kMaxPixels = std::int64_t{8192} * 8192;

double lanczos(double x) {
  const auto sinc = [](double y) {
    if (y == 0) return 1.0;
    y *= std::numbers::pi;
    return std::sin(y) / y;
  };
  return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0.0;
}

double bicubic(double x) {
  constexpr double kSharpness = -0.5;
  x = std::abs(x);
  if (x < 1) return ((kSharpness + 2) * x - (kSharpness + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * kSharpness;
  return 0;
}

// The part of an axis that is resized, in pixels; single precision because Pillow's is.
struct Extent {
  float from = 0;
  float to = 0;
};

// For each output pixel of an axis the input pixels that it is made of, and their weights.
struct Taps {
  struct Range {
    int from;
    int count;
  };
  std::vector<Range> ranges;
  std::vector<int> weights;  // of output i at i * most, 22 fractional bits
  int most = 0;              // taps of one output

  const int* of(int output) const { return weights.data() + std::ptrdiff_t{output} * most; }
};

Taps make_taps(int input, Extent extent, int output, ResizeFilter filter) {
  const bool is_lanczos = filter == ResizeFilter::kLanczos;
  const double scale = static_cast<double>(extent.to - extent.from) / output;
  const double stretch = std::max(scale, 1.0);
  const double support = (is_lanczos ? 3.0 : 2.0) * stretch;
  Taps taps;
  taps.most = static_cast<int>(std::ceil(support)) * 2 + 1;
  taps.ranges.reserve(static_cast<std::size_t>(output));
  taps.weights.resize(static_cast<std::size_t>(output) * static_cast<std::size_t>(taps.most));
  std::vector<double> exact(static_cast<std::size_t>(taps.most));
  for (int i = 0; i < output; ++i) {
    const double center = extent.from + (i + 0.5) * scale;
    const int from = std::max(static_cast<int>(center - support + 0.5), 0);
    const int to = std::min(static_cast<int>(center + support + 0.5), input);
    double sum = 0;
    for (int j = from; j < to; ++j) {
      const double x = (j - center + 0.5) * (1.0 / stretch);
      const double weight = is_lanczos ? lanczos(x) : bicubic(x);
      exact[static_cast<std::size_t>(j - from)] = weight;
      sum += weight;
    }
    int* weights = taps.weights.data() + std::ptrdiff_t{i} * taps.most;
    for (int j = 0; j < to - from; ++j) {
      double weight = exact[static_cast<std::size_t>(j)];
      if (sum != 0) weight /= sum;
      weights[j] = static_cast<int>(weight * (1 << kFractionBits) + (weight < 0 ? -0.5 : 0.5));
    }
    taps.ranges.push_back({from, to - from});
  }
  return taps;
}

constexpr int kHalf = 1 << (kFractionBits - 1);

std::uint8_t rounded(int sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kFractionBits, 0, 255));
}

// One row to its new width.
void resize_row(const std::uint8_t* row, const Taps& taps, std::uint8_t* to) {
  const int outputs = static_cast<int>(taps.ranges.size());
  for (int i = 0; i < outputs; ++i, to += kChannels) {
    const auto [from, count] = taps.ranges[static_cast<std::size_t>(i)];
    const int* weights = taps.of(i);
    const std::uint8_t* pixel = row + std::ptrdiff_t{from} * kChannels;
    int red = kHalf;
    int green = kHalf;
    int blue = kHalf;
    for (int j = 0; j < count; ++j, pixel += kChannels) {
      red += pixel[0] * weights[j];
      green += pixel[1] * weights[j];
      blue += pixel[2] * weights[j];
    }
    to[0] = rounded(red);
    to[1] = rounded(green);
    to[2] = rounded(blue);
  }
}

const std::uint8_t* row_of(const Picture& picture, int y) {
  return picture.rgb.data() + std::ptrdiff_t{y} * picture.width * kChannels;
}

// Makes one row of those above and below each other; `row` gives input row y.
class RowBlender {
 public:
  RowBlender(const Taps& lines, std::size_t row_bytes) : lines_(lines), sums_(row_bytes) {}

  template <typename Row>
  void blend(int output, const Row& row, std::uint8_t* to) {
    const auto [from, count] = lines_.ranges[static_cast<std::size_t>(output)];
    std::fill(sums_.begin(), sums_.end(), kHalf);
    for (int j = 0; j < count; ++j) {
      const std::uint8_t* input = row(from + j);
      const int weight = lines_.of(output)[j];
      for (std::size_t k = 0; k < sums_.size(); ++k) sums_[k] += input[k] * weight;
    }
    std::transform(sums_.begin(), sums_.end(), to, rounded);
  }

 private:
  const Taps& lines_;
  std::vector<int> sums_;
};

// Of the rows at their new width only the last few are kept: those that an output row needs never
// lie before those of the one above it.
void columns_first(const Picture& picture, const Taps& columns, const Taps& lines,
                   Picture& result) {
  const std::size_t row_bytes = columns.ranges.size() * kChannels;
  const int kept = std::min(lines.most, picture.height);
  std::vector<std::uint8_t> rows(row_bytes * static_cast<std::size_t>(kept));
  const auto kept_row = [&](int y) {
    return rows.data() + static_cast<std::size_t>(y % kept) * row_bytes;
  };
  RowBlender blender(lines, row_bytes);
  std::uint8_t* to = result.rgb.data();
  int next = 0;
  for (int i = 0; i < result.height; ++i, to += row_bytes) {
    const auto [from, count] = lines.ranges[static_cast<std::size_t>(i)];
    for (next = std::max(next, from); next < from + count; ++next) {
      resize_row(row_of(picture, next), columns, kept_row(next));
    }
    blender.blend(i, kept_row, to);
  }
}

void lines_first(const Picture& picture, const Taps& columns, const Taps& lines, Picture& result) {
  std::vector<std::uint8_t> row(static_cast<std::size_t>(picture.width) * kChannels);
  RowBlender blender(lines, row.size());
  std::uint8_t* to = result.rgb.data();
  for (int i = 0; i < result.height; ++i, to += columns.ranges.size() * kChannels) {
    blender.blend(
        i, [&](int y) { return row_of(picture, y); }, row.data());
    resize_row(row.data(), columns, to);
  }
}

Picture resample(const Picture& picture, Extent x, Extent y, std::pair<int, int> size,
                 ResizeFilter filter) {
  const auto [width, height] = size;
  ZOETROPE_CHECK(width > 0 && height > 0 && std::int64_t{width} * height <= kMaxPixels);
  const Taps columns = make_taps(picture.width, x, width, filter);
  const Taps lines = make_taps(picture.height, y, height, filter);
  Picture result{width, height, {}};
  result.rgb.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * kChannels);
  // Pillow's rule, which shows: each pass rounds and clamps.
  const int lower = picture.height - height;
  const int narrower = picture.width - width;
  const bool by_lines = lower > 0 && lower > std::int64_t{2} * narrower;
  (by_lines ? lines_first : columns_first)(picture, columns, lines, result);
  return result;
}

// As Pillow's ImageOps.fit: the largest part of the picture's middle that has the clip's aspect.
Picture covered(const Picture& picture, int width, int height) {
  const double aspect = static_cast<double>(picture.width) / picture.height;
  const double wanted = static_cast<double>(width) / height;
  double part_width = picture.width;
  double part_height = picture.height;
  if (aspect > wanted) part_width = wanted * picture.height;
  if (aspect < wanted) part_height = picture.width / wanted;
  const double left = (picture.width - part_width) * 0.5;
  const double top = (picture.height - part_height) * 0.5;
  return resample(picture, {static_cast<float>(left), static_cast<float>(left + part_width)},
                  {static_cast<float>(top), static_cast<float>(top + part_height)}, {width, height},
                  ResizeFilter::kLanczos);
}

// As Pillow's ImageOps.pad.
Picture padded(const Picture& picture, int width, int height) {
  const double aspect = static_cast<double>(picture.width) / picture.height;
  const double wanted = static_cast<double>(width) / height;
  int inner_width = width;
  int inner_height = height;
  if (aspect > wanted) {
    inner_height = static_cast<int>(
        std::nearbyint(static_cast<double>(picture.height) / picture.width * width));
  } else if (aspect < wanted) {
    inner_width = static_cast<int>(
        std::nearbyint(static_cast<double>(picture.width) / picture.height * height));
  }
  const Picture inner =
      resize(picture, std::max(inner_width, 1), std::max(inner_height, 1), ResizeFilter::kLanczos);
  const int left = static_cast<int>(std::nearbyint((width - inner.width) * 0.5));
  const int top = static_cast<int>(std::nearbyint((height - inner.height) * 0.5));
  Picture result{width, height, {}};
  const auto row = static_cast<std::size_t>(width) * kChannels;
  result.rgb.resize(row * static_cast<std::size_t>(height));
  const auto inner_row = static_cast<std::size_t>(inner.width) * kChannels;
  std::uint8_t* to =
      result.rgb.data() + static_cast<std::size_t>(top) * row + std::size_t{kChannels} * left;
  for (int y = 0; y < inner.height; ++y, to += row) {
    std::memcpy(to, inner.rgb.data() + static_cast<std::size_t>(y) * inner_row, inner_row);
  }
  return result;
}

}  // namespace

Picture resize(const Picture& picture, int width, int height, ResizeFilter filter) {
  if (width == picture.width && height == picture.height) return picture;
  return resample(picture, {0, static_cast<float>(picture.width)},
                  {0, static_cast<float>(picture.height)}, {width, height}, filter);
}

Picture crop(const Picture& picture, int left, int top, int width, int height) {
  ZOETROPE_CHECK(left >= 0 && top >= 0 && width > 0 && height > 0 &&
                 width <= picture.width - left && height <= picture.height - top);
  Picture result{width, height, {}};
  const auto row = static_cast<std::size_t>(width) * kChannels;
  result.rgb.resize(row * static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y) {
    const std::ptrdiff_t from = (std::ptrdiff_t{top + y} * picture.width + left) * kChannels;
    std::memcpy(result.rgb.data() + static_cast<std::size_t>(y) * row, picture.rgb.data() + from,
                row);
  }
  return result;
}

Picture fit_to(const Picture& picture, int width, int height, Fit fit) {
  ZOETROPE_CHECK(picture.width > 0 && picture.height > 0 && width > 0 && height > 0);
  switch (fit) {
    case Fit::kStretch:
      return resize(picture, width, height, ResizeFilter::kLanczos);
    case Fit::kCrop:
      return covered(picture, width, height);
    case Fit::kPad:
      break;
  }
  return padded(picture, width, height);
}

}  // namespace zoetrope
