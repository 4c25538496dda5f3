#include <cmath>

#include <gtest/gtest.h>

#include "ops/attention.h"
#include "ops/causal_conv3d.h"
#include "ops/gated_residual.h"
#include "ops/layer_norm_modulate.h"
#include "ops/linear.h"
#include "ops/qk_norm_rope.h"
#include "ops/rms_norm.h"
#include "support/expect_error.h"
#include "tensor/random.h"

namespace zoetrope::test {
namespace {

double largest_difference(const Tensor& a, const Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

// Large enough to be split among threads.
constexpr std::int64_t kRows = 300, kDim = 384;

TEST(RmsNormOp, WritesOverASliceOfLongerRowsAndNotBesideIt) {
  const Tensor joined = initial_noise(1, {1, kRows, 3 * kDim});
  const Tensor before = joined.clone();
  const Tensor weight = initial_noise(2, {kDim});
  const Tensor expected = ops::rms_norm(joined.narrow(2, kDim, kDim).contiguous(), weight, 1e-6);
  ops::rms_norm_in_place(joined.narrow(2, kDim, kDim), weight, 1e-6);
  EXPECT_TRUE(at::equal(joined.narrow(2, kDim, kDim), expected));
  EXPECT_TRUE(at::equal(joined.narrow(2, 0, kDim), before.narrow(2, 0, kDim)));
  EXPECT_TRUE(at::equal(joined.narrow(2, 2 * kDim, kDim), before.narrow(2, 2 * kDim, kDim)));

  const Tensor x = before.narrow(2, kDim, kDim).to(at::kDouble);
  const Tensor formula = x / (x.square().mean(-1, true) + 1e-6).sqrt() * weight;
  EXPECT_LE(largest_difference(expected, formula), 1e-5);
}

TEST(RmsNormOp, WithSiluIsTheFormulaRoundedOnceAndWritesNoFurther) {
  const Tensor x = initial_noise(1, {1, kRows, kDim}) * 30;  // far into both ends of the sigmoid
  const Tensor weight = initial_noise(2, {kDim}) * 30;
  const Tensor normed = x.to(at::kDouble) / (x.to(at::kDouble).square().mean(-1, true)).sqrt() *
                        weight.to(at::kDouble);
  const Tensor formula = normed * at::sigmoid(normed);
  const Tensor room = at::full({1, kRows + 4, kDim}, 7, at::kFloat);
  ops::rms_norm_silu(x, weight, 0, room.narrow(1, 2, kRows));
  EXPECT_LE(largest_difference(room.narrow(1, 2, kRows), formula), 1e-4);  // of up to 100
  EXPECT_TRUE(room.narrow(1, 0, 2).eq(7).all().item<bool>());
  EXPECT_TRUE(room.narrow(1, kRows + 2, 2).eq(7).all().item<bool>());
  EXPECT_ERROR(ops::rms_norm_silu(x, weight, 0, room), ErrorCode::kInternal,
               "into has shape [1, 304, 384] (expected [1, 300, 384])");
}

TEST(DoublingConv2d, IsTheConvolutionOfDoubledPixelsUpToTheEdges) {
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const Tensor frames = initial_noise(1, {3, 5, 7, 24}).to(type);
    const Tensor weight = initial_noise(2, {40, 24, 3, 3}), bias = initial_noise(3, {40}).to(type);
    const Tensor found = doubling_conv2d(
        frames, doubling_kernel(weight).to(type).contiguous(at::MemoryFormat::ChannelsLast), bias);
    const Tensor doubled = at::upsample_nearest2d(frames.permute({0, 3, 1, 2}).to(at::kDouble),
                                                  at::IntArrayRef({10, 14}));
    const Tensor formula = at::conv2d(doubled, weight.to(at::kDouble), bias.to(at::kDouble),
                                      at::IntArrayRef({1, 1}), at::IntArrayRef({1, 1}))
                               .permute({0, 2, 3, 1});
    EXPECT_EQ(found.sizes(), formula.sizes());
    EXPECT_LE(largest_difference(found, formula), type == at::kFloat ? 5e-5 : 0.4);  // of about 60
    EXPECT_TRUE(found.is_contiguous());
  }
}

// For each of kRows rows the row of [2, D] that is its run's, where the first run has 100 rows.
Tensor spread(const Tensor& rows) {
  return at::cat({rows[0].expand({100, kDim}), rows[1].expand({kRows - 100, kDim})});
}

TEST(LayerNormModulateOp, TakesOneModulationForAllTokensOrOneForEachRunOfThem) {
  const Tensor x = initial_noise(1, {1, kRows, kDim});
  const Tensor table = initial_noise(2, {2, 6, kDim});
  const Tensor scale = 1 + table.select(1, 1), shift = table.select(1, 0);
  const Tensor mean = x.to(at::kDouble).mean(-1, true);
  const Tensor variance = (x - mean).square().mean(-1, true);
  const Tensor normal = (x - mean) / (variance + 1e-6).sqrt();
  EXPECT_LE(largest_difference(ops::layer_norm_modulate(x, scale, shift, 1e-6, {100, kRows}),
                               normal * spread(scale) + spread(shift)),
            2e-5);
  EXPECT_LE(largest_difference(
                ops::layer_norm_modulate(x, scale.narrow(0, 1, 1), shift.narrow(0, 1, 1), 1e-6),
                normal * scale[1] + shift[1]),
            2e-5);
  EXPECT_ERROR(ops::layer_norm_modulate(x, scale, shift, 1e-6), ErrorCode::kInternal,
               "scale has shape [2, 384] (expected [1, 384])");
  EXPECT_ERROR(ops::layer_norm_modulate(x, scale, shift, 1e-6, {100, kRows - 1}),
               ErrorCode::kInternal, "run_ends.back() == like.rows");
  EXPECT_ERROR(ops::layer_norm_modulate(x, scale.to(at::kBFloat16), shift, 1e-6, {100, kRows}),
               ErrorCode::kInternal, "scale is BFloat16 (expected Float)");
}

TEST(GatedResidualOp, WritesOverItsBranchAndLeavesXAlone) {
  const Tensor x = initial_noise(1, {1, kRows, kDim}), branch = initial_noise(2, {1, kRows, kDim});
  const Tensor gate = initial_noise(3, {1, kDim});
  const Tensor before = x.clone();
  const Tensor expected = x + gate * branch;
  const Tensor y = ops::gated_residual(x, branch, gate);
  EXPECT_TRUE(y.is_same(branch));
  EXPECT_LE(largest_difference(y, expected), 2e-6);
  EXPECT_TRUE(at::equal(x, before));
}

TEST(GatedResidualOp, GatesEachRunOfTokensByARowOfItsOwn) {
  const Tensor x = initial_noise(1, {1, kRows, kDim}), branch = initial_noise(2, {1, kRows, kDim});
  const Tensor gate = initial_noise(3, {2, kDim});
  const Tensor expected = x + spread(gate) * branch;
  EXPECT_LE(largest_difference(ops::gated_residual(x, branch, gate, {100, kRows}), expected), 2e-6);
}

TEST(QkNormRopeOp, TurnsEveryNormalisedHeadOfATokenByTheTokensAngles) {
  const Tensor joined = initial_noise(1, {1, kRows, 3 * kDim});
  const Tensor before = joined.clone();
  const Tensor angles = initial_noise(2, {kRows, 32}), weights = initial_noise(3, {2, kDim});
  ops::qk_norm_rope_in_place(joined.narrow(2, 0, kDim), joined.narrow(2, kDim, kDim), 6,
                             {weights[0], weights[1], 1e-6, angles.cos(), angles.sin()});
  const Tensor turn = at::polar(at::ones_like(angles, at::kDouble), angles.to(at::kDouble));
  for (std::int64_t part = 0; part < 2; ++part) {
    const Tensor x = before.narrow(2, part * kDim, kDim).to(at::kDouble);
    const Tensor normed = x / (x.square().mean(-1, true) + 1e-6).sqrt() * weights[part];
    const Tensor pairs = at::view_as_complex(normed.view({1, kRows, 6, 32, 2}));
    const Tensor expected = at::view_as_real(pairs * turn.view({1, kRows, 1, 32}));
    EXPECT_LE(largest_difference(joined.narrow(2, part * kDim, kDim), expected.flatten(2)), 1e-5);
  }
  EXPECT_TRUE(at::equal(joined.narrow(2, 2 * kDim, kDim), before.narrow(2, 2 * kDim, kDim)));
}

// softmax(scale q k^T + bias) v, one head at a time, in fp64.
Tensor attention_formula(const Tensor& q, const Tensor& k, const Tensor& v, double scale,
                         const Tensor& bias) {
  std::vector<Tensor> heads;
  for (std::int64_t n = 0; n < q.size(2); ++n) {
    const auto head = [&](const Tensor& t) { return t[0].select(1, n).to(at::kDouble); };
    Tensor scores = scale * head(q).matmul(head(k).t());
    if (bias.defined()) scores = scores + bias[0][n];
    heads.push_back(scores.softmax(-1).matmul(head(v)));
  }
  return at::cat(heads, 1).unsqueeze(0);
}

TEST(AttentionOp, IsItsFormulaWithAndWithoutABias) {
  const Tensor q = initial_noise(1, {1, 70, 3, 12});
  const Tensor k = initial_noise(2, {1, 41, 3, 12}), v = initial_noise(3, {1, 41, 3, 12});
  const Tensor bias = initial_noise(4, {1, 3, 70, 41});
  EXPECT_LE(largest_difference(ops::attention(q, k, v, 0.3), attention_formula(q, k, v, 0.3, {})),
            2e-6);
  EXPECT_LE(
      largest_difference(ops::attention(q, k, v, 1.0, bias), attention_formula(q, k, v, 1.0, bias)),
      2e-6);
}

// Relative L2 error.
double relative_error(const Tensor& found, const Tensor& expected) {
  return ((found.to(at::kDouble) - expected).norm() / expected.norm()).item<double>();
}

TEST(AttentionOp, IsItsFormulaWhateverIsLeftOverOfATile) {
  struct Shape {
    std::int64_t queries, keys, heads, head_dim;
  };
  for (const Shape& s : {Shape{1, 1, 1, 2}, Shape{1, 600, 2, 64}, Shape{63, 17, 3, 128},
                         Shape{65, 513, 2, 128}, Shape{129, 1024, 1, 96}, Shape{200, 1537, 2, 40},
                         Shape{70, 300, 1, 384}, Shape{64, 130, 1, 1024}}) {
    SCOPED_TRACE(testing::Message() << s.queries << " queries, " << s.keys << " keys, " << s.heads
                                    << " heads of " << s.head_dim);
    const double scale = 1 / std::sqrt(static_cast<double>(s.head_dim));
    for (const auto& [type, bound] :
         {std::pair(at::kFloat, 2e-6), std::pair(at::kBFloat16, 4e-3)}) {
      const Tensor q = initial_noise(1, {1, s.queries, s.heads, s.head_dim}).to(type);
      const Tensor k = initial_noise(2, {1, s.keys, s.heads, s.head_dim}).to(type);
      const Tensor v = initial_noise(3, {1, s.keys, s.heads, s.head_dim}).to(type);
      EXPECT_LE(
          relative_error(ops::attention(q, k, v, scale), attention_formula(q, k, v, scale, {})),
          bound);
    }
  }
}

TEST(AttentionOp, MovesItsPeakFromTileToTile) {
  // Scores that rise by hundreds along the keys, and then fall.
  const Tensor q = at::ones({1, 3, 1, 8}, at::kBFloat16);
  const Tensor height = at::cat({at::linspace(-400, 400, 900), at::linspace(400, -400, 700)});
  const Tensor k =
      (height / 8).view({1, 1600, 1, 1}).expand({1, 1600, 1, 8}).to(at::kBFloat16).contiguous();
  const Tensor v = initial_noise(3, {1, 1600, 1, 8}).to(at::kBFloat16);
  EXPECT_LE(relative_error(ops::attention(q, k, v, 1.0), attention_formula(q, k, v, 1.0, {})),
            4e-3);
}

TEST(AttentionOp, CountsAKeyAsOftenAsItsBiasSays) {
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const Tensor q = initial_noise(1, {1, 70, 2, 64}).to(type);
    const Tensor k = initial_noise(2, {1, 540, 2, 64}).to(type);
    const Tensor v = initial_noise(3, {1, 540, 2, 64}).to(type);
    const Tensor bias = at::zeros({540});
    bias[-1] = std::log(50.0);
    const auto repeated = [](const Tensor& t) {
      return at::cat({t, t.slice(1, -1).expand({1, 49, 2, 64})}, 1);
    };
    EXPECT_LE(relative_error(ops::attention(q, k, v, 0.125, bias),
                             attention_formula(q, repeated(k), repeated(v), 0.125, {})),
              type == at::kFloat ? 2e-6 : 4e-3);
  }
}

TEST(AttentionOp, KeepsNaNOfAnInput) {
  for (const int part : {0, 1, 2}) {
    std::vector<Tensor> qkv;
    for (int i = 0; i < 3; ++i) {
      qkv.push_back(initial_noise(i, {1, 40, 2, 16}).to(at::kBFloat16));
    }
    qkv[static_cast<std::size_t>(part)][0][5][1][3] = std::nan("");
    const Tensor y = ops::attention(qkv[0], qkv[1], qkv[2], 0.25);
    EXPECT_TRUE(y[0][5].narrow(0, 16, 16).isnan().any().item<bool>()) << part;
    EXPECT_FALSE(y[0].narrow(1, 0, 16).isnan().any().item<bool>()) << part;
  }
}

TEST(AttentionOp, TakesSlicesOfLongerRowsInBf16) {
  const Tensor joined = initial_noise(1, {1, 70, 3 * 36}).to(at::kBFloat16);
  const auto heads = [&](std::int64_t part) {
    return joined.narrow(2, 36 * part, 36).unflatten(2, {3, 12});
  };
  const Tensor bias = initial_noise(4, {1, 3, 70, 70}).to(at::kBFloat16);
  const Tensor y = ops::attention(heads(0), heads(1), heads(2), 0.3, bias);
  EXPECT_EQ(y.scalar_type(), at::kBFloat16);
  EXPECT_LE(largest_difference(y, attention_formula(heads(0), heads(1), heads(2), 0.3, bias)),
            0.02);
  EXPECT_LE(largest_difference(ops::attention(heads(0), heads(1), heads(2), 0.3),
                               attention_formula(heads(0), heads(1), heads(2), 0.3, {})),
            0.02);
}

Tensor gelu_tanh_formula(const Tensor& x) {
  const double c = std::sqrt(2 / std::acos(-1.0));
  return 0.5 * x * (1 + at::tanh(c * (x + 0.044715 * x.pow(3))));
}

TEST(LinearOp, IsItsFormulaWhateverIsLeftOverOfATile) {
  struct Shape {
    std::int64_t rows, in, out;
  };
  for (const Shape& s : {Shape{1, 2, 1}, Shape{3, 7, 5}, Shape{129, 192, 65}, Shape{640, 36, 128},
                         Shape{700, 300, 200}, Shape{130, 4500, 70}}) {
    SCOPED_TRACE(testing::Message() << s.rows << " x " << s.in << " x " << s.out);
    for (const auto& [type, bound] :
         {std::pair(at::kFloat, 2e-6), std::pair(at::kBFloat16, 3e-3)}) {
      const Tensor x = initial_noise(1, {1, s.rows, s.in}).to(type);
      const Tensor weight = (initial_noise(2, {s.out, s.in}) / std::sqrt(s.in)).to(type);
      const Tensor bias = initial_noise(3, {s.out}).to(type);
      const ops::LinearMatrix matrix(weight);
      const Tensor product = x.to(at::kDouble).matmul(weight.to(at::kDouble).t());
      const Tensor sum = product + bias.to(at::kDouble);
      EXPECT_LE(relative_error(ops::linear(x, matrix, bias), sum), bound);
      EXPECT_LE(relative_error(ops::linear(x, matrix, {}), product), bound);
      EXPECT_LE(relative_error(ops::linear(x, matrix, bias, ops::Activation::kGeluTanh),
                               gelu_tanh_formula(sum)),
                bound);
      EXPECT_LE(relative_error(ops::linear(x, matrix, {}, ops::Activation::kGeluTanh),
                               gelu_tanh_formula(product)),
                bound);
    }
  }
}

TEST(LinearOp, ActivatesValuesFarFromZeroWithoutOverflow) {
  const Tensor x = at::tensor({-300.0, -20.0, -8.0, 0.0, 8.0, 300.0}, at::kFloat).view({6, 1});
  const Tensor one = at::cat({x, at::zeros({6, 1})}, 1);
  const ops::LinearMatrix matrix(at::tensor({1.0, 0.0}, at::kFloat).view({1, 2}));
  const Tensor y = ops::linear(one, matrix, {}, ops::Activation::kGeluTanh);
  EXPECT_LE(largest_difference(y, gelu_tanh_formula(x.to(at::kDouble))), 1e-6);
}

TEST(LinearOp, TakesSlicesOfLongerRowsAndAnyNumberOfAxes) {
  const Tensor joined = initial_noise(1, {2, 5, 96}).to(at::kBFloat16);
  const Tensor weight = initial_noise(2, {16, 32}).to(at::kBFloat16);
  const Tensor y = ops::linear(joined.narrow(2, 32, 32), ops::LinearMatrix(weight), {});
  EXPECT_EQ(y.sizes(), at::IntArrayRef({2, 5, 16}));
  EXPECT_LE(relative_error(
                y, joined.narrow(2, 32, 32).to(at::kDouble).matmul(weight.to(at::kDouble).t())),
            3e-3);
}

TEST(Dispatch, SaysWhichBuildOtherDevicesNeed) {
  const Tensor x = at::empty({1, 2, 4}, at::TensorOptions().dtype(at::kFloat).device(at::kMeta));
  EXPECT_ERROR(ops::rms_norm(x, at::ones({4}), 1e-6), ErrorCode::kUsage,
               "the tensor is on device meta (this program computes on cpu alone)");
}

TEST(Dispatch, RefusesTypesThatTheKernelsDoNotComputeWith) {
  EXPECT_ERROR(ops::rms_norm(at::ones({1, 2, 4}, at::kHalf), at::ones({4}, at::kHalf), 1e-6),
               ErrorCode::kInternal, "the tensor is Half (expected Float or BFloat16)");
}

}  // namespace
}  // namespace zoetrope::test
