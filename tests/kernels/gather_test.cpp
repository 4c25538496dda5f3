#include "kernels/gather/gather.h"

#include <algorithm>

#include "implementation.h"
#include "kernels/rows.h"

namespace zoetrope::kernels::test {
namespace {

GatherArgs arguments(std::vector<GatherArgs::Axis> axes) {
  GatherArgs args;
  args.axis_count = static_cast<int>(axes.size());
  std::copy(axes.begin(), axes.end(), args.axes);
  return args;
}

std::int64_t elements_of(const GatherArgs& args) {
  std::int64_t elements = 1;
  for (int a = 0; a < args.axis_count; ++a) elements *= args.axes[a].size;
  return elements;
}

/// Both are one row, with padding behind it.
template <typename From, typename To>
void run_from(Rows<From>& x, GatherArgs args, Rows<To>& y, std::int64_t first = 0) {
  args.x = x.data();
  args.y = y.data() + first;
  args.x_type = TypeOf<From>::kType;
  args.y_type = TypeOf<To>::kType;
  run(args, 0, elements_of(args));
}

template <typename To>
double rounded(double value) {
  To element;
  store(static_cast<float>(value), element);
  return to_float(element);
}

template <typename T>
class Gather : public testing::Test {};
TYPED_TEST_SUITE(Gather, ElementTypes);

struct Grid {
  std::int64_t channels, frames, rows, columns;
};

/// Latents [C, T, h, w] to tokens [T * h / 2 * w / 2, C * 4], and back from channels-last tokens.
TYPED_TEST(Gather, MakesTokensOfPatchesAndPatchesOfTokens) {
  for (const Grid& g : {Grid{3, 2, 4, 6}, Grid{16, 1, 2, 8}, Grid{5, 3, 2, 2}}) {
    const std::int64_t h = 2 * g.rows, w = 2 * g.columns, all = g.channels * g.frames * h * w;
    Rows<float> latents(1, all, all + 8), back(1, all, all + 8, 2);
    Rows<TypeParam> tokens(1, all, all + 8, 3);
    const std::int64_t plane = h * w;
    run_from(latents,
             arguments({{g.frames, plane},
                        {g.rows, 2 * w},
                        {g.columns, 2},
                        {g.channels, g.frames * plane},
                        {2, w},
                        {2, 1}}),
             tokens);
    const std::int64_t token = 4 * g.channels, row = g.columns * token;
    run_from(tokens,
             arguments({{g.channels, 4},
                        {g.frames, g.rows * row},
                        {g.rows, row},
                        {2, 2},
                        {g.columns, token},
                        {2, 1}}),
             back);
    for (std::int64_t i = 0; i < all; ++i) {
      EXPECT_EQ(back.value(0, i), rounded<TypeParam>(latents.value(0, i))) << i;
    }
    // Channel 2, frame 0, row 3, column 1: patch (1, 0), its lower right pixel.
    EXPECT_EQ(tokens.value(0, row + 2 * 4 + 3),
              rounded<TypeParam>(latents.value(0, 2 * g.frames * plane + 3 * w + 1)));
    tokens.expect_padding_untouched();
    back.expect_padding_untouched();
  }
}

TYPED_TEST(Gather, DoublesPixels) {
  for (const std::int64_t channels : {1, 5, 8, 48}) {
    const std::int64_t frames = 2, rows = 3, columns = 5;
    const std::int64_t all = frames * rows * columns * channels, stride = 4 * all + 8;
    Rows<TypeParam> x(1, all, all + 8), y(1, 4 * all, stride, 2);
    run_from(x,
             arguments({{frames, rows * columns * channels},
                        {2 * rows, columns * channels, 2},
                        {2 * columns, channels, 2},
                        {channels, 1}}),
             y);
    for (std::int64_t i = 0; i < 4 * all; ++i) {
      const std::int64_t c = i % channels, column = i / channels % (2 * columns);
      const std::int64_t row = i / channels / (2 * columns) % (2 * rows);
      const std::int64_t frame = i / channels / (4 * columns * rows);
      const std::int64_t from = ((frame * rows + row / 2) * columns + column / 2) * channels + c;
      EXPECT_EQ(y.value(0, i), x.value(0, from)) << i;
    }
    y.expect_padding_untouched();
  }
}

TYPED_TEST(Gather, PutsFramesBehindThoseThatAreRemembered) {
  const std::int64_t plane = 3 * 4 * 8, before = 2, after = 3;
  Rows<TypeParam> memory(1, before * plane, before * plane + 8);
  Rows<TypeParam> frames(1, after * plane, after * plane + 8, 2);
  Rows<TypeParam> y(1, 5 * plane, 5 * plane + 8, 3);
  run_from(memory, arguments({{before, plane}, {plane, 1}}), y);
  run_from(frames, arguments({{after, plane}, {plane, 1}}), y, before * plane);
  for (std::int64_t i = 0; i < 5 * plane; ++i) {
    const std::int64_t behind = i - before * plane;
    EXPECT_EQ(y.value(0, i), behind < 0 ? memory.value(0, i) : frames.value(0, behind));
  }
  y.expect_padding_untouched();
}

TYPED_TEST(Gather, RepeatsOneElementAndComputesNoOthersThanThoseItIsAskedFor) {
  Rows<TypeParam> x(1, 1, 8), y(1, 20, 24, 2), before(1, 20, 24, 2);
  GatherArgs args = arguments({{4, 0}, {5, 0}});
  args.x = x.data();
  args.y = y.data();
  args.x_type = args.y_type = TypeOf<TypeParam>::kType;
  run(args, 3, 17);
  for (std::int64_t i = 0; i < 20; ++i) {
    EXPECT_EQ(y.value(0, i), i >= 3 && i < 17 ? x.value(0, 0) : before.value(0, i));
  }
}

}  // namespace
}  // namespace zoetrope::kernels::test
