#include "kernels/attention/attention.h"

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/on_emulator/emulated.h"
#include "kernels/rows.h"

namespace zoetrope::kernels::test {
namespace {

struct Shape {
  std::int64_t queries = 1, keys = 1, head_dim = 64, heads = 1;
};

/// q, k and v side by side for each token, as one product for all three leaves them; between the
/// tokens is padding of a sector.
class Case {
 public:
  Case(const Shape& shape, bool biased, unsigned seed = 1)
      : shape_(shape),
        width_(shape.heads * shape.head_dim),
        qkv_(std::max(shape.queries, shape.keys), 3 * width_, 3 * width_ + 16, seed),
        y_(shape.queries, width_, width_ + 16, seed + 1) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (std::int64_t s = 0; s < shape.keys; ++s) bias_.push_back(biased ? normal(random) : 0.0F);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (std::int64_t l = 0; l < shape.queries; ++l) {
      for (std::int64_t d = 0; d < width_; ++d) store(nan, y_.at(l, d));
    }
    args_.q = qkv_.data();
    args_.k = qkv_.data() + width_;
    args_.v = qkv_.data() + 2 * width_;
    args_.y = y_.data();
    args_.key_bias = biased ? bias_.data() : nullptr;
    args_.queries = shape.queries;
    args_.keys = shape.keys;
    args_.heads = shape.heads;
    args_.head_dim = shape.head_dim;
    args_.q_token_stride = args_.k_token_stride = args_.v_token_stride = 3 * width_ + 16;
    args_.q_head_stride = args_.k_head_stride = args_.v_head_stride = shape.head_dim;
    args_.y_token_stride = width_ + 16;
    args_.y_head_stride = shape.head_dim;
    args_.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(shape.head_dim)));
  }

  AttentionArgs& args() { return args_; }
  std::vector<float>& bias() { return bias_; }
  Rows<Bf16>& qkv() { return qkv_; }
  Rows<Bf16>& y() { return y_; }
  Kernel kernel() {
    return [this] { return attention_cuda(args_, nullptr); };
  }

  Memory memory() {
    Memory memory;
    const std::int64_t stride = args_.q_token_stride, dim = shape_.head_dim;
    for (std::int64_t n = 0; n < shape_.heads; ++n) {
      const auto* qkv = qkv_.data() + n * dim;
      memory.input(qkv, {0, shape_.queries, stride, dim, sizeof(Bf16)});
      memory.input(qkv + width_, {0, shape_.keys, stride, dim, sizeof(Bf16)});
      memory.input(qkv + 2 * width_, {0, shape_.keys, stride, dim, sizeof(Bf16)});
      memory.output(y_.data() + n * dim,
                    {0, shape_.queries, args_.y_token_stride, dim, sizeof(Bf16)});
    }
    memory.input(bias_.data(), {0, 1, 0, shape_.keys, sizeof(float)});
    return memory;
  }

  /// sum_s softmax_s(scale * q k + bias) v
  std::vector<double> formula(std::int64_t l, std::int64_t n) {
    const std::int64_t dim = shape_.head_dim, q = n * dim, k = width_ + q, v = 2 * width_ + q;
    std::vector<double> weights, y(static_cast<std::size_t>(dim));
    double largest = -INFINITY, total = 0;
    for (std::int64_t s = 0; s < shape_.keys; ++s) {
      double product = 0;
      for (std::int64_t d = 0; d < dim; ++d) product += qkv_.value(l, q + d) * qkv_.value(s, k + d);
      weights.push_back(double{args_.scale} * product + bias_[static_cast<std::size_t>(s)]);
      largest = std::fmax(largest, weights.back());
    }
    for (double& weight : weights) total += weight = std::exp(weight - largest);
    for (std::int64_t d = 0; d < dim; ++d) {
      double& sum = y[static_cast<std::size_t>(d)];
      for (std::int64_t s = 0; s < shape_.keys; ++s) {
        sum += weights[static_cast<std::size_t>(s)] / total * qkv_.value(s, v + d);
      }
    }
    return y;
  }

  /// |found - formula| / |formula| over everything.
  double relative_error() {
    double difference = 0, size = 0;
    for (std::int64_t l = 0; l < shape_.queries; ++l) {
      for (std::int64_t n = 0; n < shape_.heads; ++n) {
        const std::vector<double> expected = formula(l, n);
        for (std::int64_t d = 0; d < shape_.head_dim; ++d) {
          const double value = expected[static_cast<std::size_t>(d)];
          difference += std::pow(y_.value(l, n * shape_.head_dim + d) - value, 2);
          size += value * value;
        }
      }
    }
    return std::sqrt(difference / size);
  }

 private:
  Shape shape_;
  std::int64_t width_;
  Rows<Bf16> qkv_, y_;
  std::vector<float> bias_;
  AttentionArgs args_;
};

constexpr double kTolerance = 3e-3;  // bf16 has half a unit of 2^-9: weights and result are rounded

void expect_formula(Case& problem, const std::vector<emulator::Options>& ways) {
  expect_faultless(problem.memory(), problem.kernel(), ways);
  EXPECT_LE(problem.relative_error(), kTolerance);  // NaN fails too
  problem.y().expect_padding_untouched();
}

TEST(Attention, IsItsFormulaInEveryScheduleAndCopyTiming) {
  for (const std::int64_t head_dim : {64, 96, 128}) {
    for (const bool biased : {false, true}) {
      Case problem({70, 150, head_dim, 2}, biased);
      expect_formula(problem, every_schedule_and_copy_timing());
    }
  }
}

/// Sizes around the tile of 64, one way each, all ways in turn.
TEST(Attention, IsItsFormulaForOddSizes) {
  const auto ways = every_schedule_and_copy_timing();
  std::size_t turn = 0;
  for (const std::int64_t head_dim : {64, 96, 128}) {
    for (const std::int64_t queries : {1, 15, 63, 64, 65, 130}) {
      for (const std::int64_t keys : {1, 2, 17, 63, 64, 65, 127, 128, 129, 193, 257}) {
        SCOPED_TRACE(testing::Message() << queries << " x " << keys << " x " << head_dim);
        Case problem({queries, keys, head_dim, 1}, turn % 3 == 0, static_cast<unsigned>(turn));
        expect_formula(problem, {ways[turn++ % ways.size()]});
      }
    }
  }
  EXPECT_GE(turn, 198U);
}

TEST(Attention, IsItsFormulaForALongSequence) {
  Case problem({65, 1500, 128, 1}, false);
  expect_formula(problem, {{}});
}

TEST(Attention, CountsOneKeyForManyByTheLogarithmOfTheirNumber) {
  // Keys from 5 on equal key 5; alone with log(15) it must do what they do together.
  Case all({16, 20, 64, 1}, true), one({16, 6, 64, 1}, true);
  for (std::int64_t s = 6; s < 20; ++s) {
    for (std::int64_t d = 64; d < 192; ++d) all.qkv().at(s, d) = all.qkv().at(5, d);
  }
  for (std::int64_t s = 0; s < 20; ++s) {
    for (std::int64_t d = 0; d < 192; ++d) {
      if (s < 16) one.qkv().at(s, d) = all.qkv().at(s, d);
    }
  }
  std::fill(all.bias().begin(), all.bias().end(), 0.0F);
  std::fill(one.bias().begin(), one.bias().end(), 0.0F);
  one.bias()[5] = std::log(15.0F);
  expect_formula(all, {{}});
  expect_formula(one, {{}});
  for (std::int64_t l = 0; l < 16; ++l) {
    for (std::int64_t d = 0; d < 64; ++d)
      EXPECT_NEAR(all.y().value(l, d), one.y().value(l, d), 0.02);
  }
}

TEST(Attention, HidesKeysWhoseBiasIsMinusInfinity) {
  // A whole tile of them first: there is no finite maximum yet.
  Case problem({20, 100, 64, 1}, true);
  for (std::size_t s = 0; s < 70; ++s) problem.bias()[s] = -INFINITY;
  expect_formula(problem, {{}});
}

TEST(Attention, KeepsItsPrecisionForLargeScores) {
  Case problem({20, 100, 64, 1}, false);
  problem.args().scale = 20;
  expect_formula(problem, {{}});
}

TEST(Attention, ANanOfAQuerySpoilsItsRowAndNoOther) {
  Case problem({3, 70, 64, 1}, false);
  store(std::numeric_limits<float>::quiet_NaN(), problem.qkv().at(1, 7));
  expect_faultless(problem.memory(), problem.kernel(), {{}});
  for (std::int64_t d = 0; d < 64; ++d) {
    EXPECT_FALSE(std::isnan(problem.y().value(0, d)));
    EXPECT_TRUE(std::isnan(problem.y().value(1, d)));
    EXPECT_FALSE(std::isnan(problem.y().value(2, d)));
  }
}

TEST(Attention, RefusesWhatItCannotCompute) {
  const auto with = [](auto change) {
    Case problem({4, 4, 64, 1}, false);
    change(problem.args());
    return problem.kernel()();
  };
  EXPECT_NE(with([](AttentionArgs& args) { args.head_dim = 80; }), 0);
  EXPECT_NE(with([](AttentionArgs& args) { args.keys = 0; }), 0);
  EXPECT_NE(with([](AttentionArgs& args) { args.scale = 0; }), 0);
  EXPECT_NE(with([](AttentionArgs& args) { args.k_token_stride += 4; }), 0);
  EXPECT_NE(with([](AttentionArgs& args) { args.q = static_cast<const Bf16*>(args.q) + 1; }), 0);
}

TEST(AttentionBarriers, AreAllNeeded) {
  Case problem({64, 200, 64, 1}, false);
  const Barriers barriers = barriers_of(problem.memory(), problem.kernel());
  EXPECT_EQ(barriers.all.size(), 8U);
  EXPECT_THAT(barriers.needless, testing::IsEmpty());
}

/// The row of kernels/budget.txt for an architecture, by column.
std::vector<std::string> budget_row(const std::string& kernel, const std::string& architecture) {
  std::ifstream file(std::string(ZOETROPE_SOURCE_DIR) + "/kernels/budget.txt");
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    const std::vector<std::string> row{std::istream_iterator<std::string>(words), {}};
    if (row.size() > 3 && row[0] == kernel && row[1] == architecture) return row;
  }
  return {};
}

TEST(AttentionBudget, NamesTheSharedMemoryThatIsAskedFor) {
  for (const std::int64_t head_dim : {64, 96, 128}) {
    Case problem({1, 1, head_dim, 1}, false);
    emulator::Emulation emulation;
    problem.memory().allow_in(emulation);
    ASSERT_EQ(problem.kernel()(), 0);
    const auto row = budget_row("attention_tiles<" + std::to_string(head_dim) + ",false>", "sm_80");
    ASSERT_FALSE(row.empty());
    EXPECT_EQ(row[3], std::to_string(emulation.shared_bytes()));
  }
}

TEST(AttentionTraffic, HasNoBankConflictsAndWholeSectors) {
  for (const std::int64_t head_dim : {64, 96, 128}) {
    Case problem({64, 192, head_dim, 1}, false);
    const auto traffic = traffic_of(problem.memory(), problem.kernel());
    EXPECT_GE(traffic.size(), 6U);
    for (const auto& line : traffic) {
      EXPECT_EQ(line.transactions, line.ideal)
          << line.where << (line.shared ? " shared" : " global")
          << (line.write ? " write" : " read") << ", head size " << head_dim;
    }
  }
}

}  // namespace
}  // namespace zoetrope::kernels::test
