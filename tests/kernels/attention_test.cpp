#include "kernels/attention/attention.h"

#include <gtest/gtest.h>

#include "implementation.h"
#include "kernels/attention_case.h"

namespace zoetrope::kernels::test {
namespace {

constexpr double kTolerance = 3e-3;  // relative L2: weights and result are rounded to 8 bits

template <typename T>
void expect_formula(AttentionCaseOf<T>& problem, double tolerance = kTolerance) {
  run(problem.args());
  EXPECT_LE(problem.relative_error(), tolerance);  // NaN fails too
  problem.y().expect_padding_untouched();
}

/// Sizes around the tile of 64.
TEST(Attention, IsItsFormulaForOddSizes) {
  unsigned turn = 0;
  for (const std::int64_t head_dim : {64, 96, 128}) {
    for (const std::int64_t queries : {1, 15, 63, 64, 65, 130}) {
      for (const std::int64_t keys : {1, 2, 17, 63, 64, 65, 127, 128, 129, 193, 257}) {
        SCOPED_TRACE(testing::Message() << queries << " x " << keys << " x " << head_dim);
        AttentionCase problem({queries, keys, head_dim, 1}, turn % 3 == 0, turn);
        expect_formula(problem);
        ++turn;
      }
    }
  }
  EXPECT_GE(turn, 198U);
}

/// Those that no kernel is compiled for are padded to the next one.
TEST(Attention, IsItsFormulaForEveryHeadOfAMultipleOf16) {
  unsigned turn = 0;
  for (std::int64_t head_dim = 16; head_dim <= 256; head_dim += 16) {
    for (const auto& [queries, keys] : {std::pair{1, 65}, {70, 1}, {65, 129}}) {
      SCOPED_TRACE(testing::Message() << queries << " x " << keys << " x " << head_dim);
      AttentionCase problem({queries, keys, head_dim, 2}, turn % 2 == 0, turn);
      expect_formula(problem);
      ++turn;
    }
  }
}

/// With 11 bits instead of 8, an eighth of the error.
TEST(Attention, IsItsFormulaInFp16) {
  unsigned turn = 0;
  for (const std::int64_t head_dim : {48, 64, 96, 128, 192, 256}) {
    for (const auto& [queries, keys] : {std::pair{1, 65}, {70, 1}, {65, 129}, {15, 200}}) {
      SCOPED_TRACE(testing::Message() << queries << " x " << keys << " x " << head_dim);
      AttentionCaseOf<F16> problem({queries, keys, head_dim, 2}, turn % 2 == 0, turn);
      expect_formula(problem, kTolerance / 8);
      ++turn;
    }
  }
}

TEST(Attention, IsItsFormulaForALongSequence) {
  AttentionCase problem({65, 1500, 128, 1}, false);
  expect_formula(problem);
}

TEST(Attention, CountsOneKeyForManyByTheLogarithmOfTheirNumber) {
  // Keys from 5 on equal key 5; alone with log(15) it must do what they do together.
  AttentionCase all({16, 20, 64, 1}, true), one({16, 6, 64, 1}, true);
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
  expect_formula(all);
  expect_formula(one);
  for (std::int64_t l = 0; l < 16; ++l) {
    for (std::int64_t d = 0; d < 64; ++d)
      EXPECT_NEAR(all.y().value(l, d), one.y().value(l, d), 0.02);
  }
}

TEST(Attention, HidesKeysWhoseBiasIsMinusInfinity) {
  // A whole tile of them first: there is no finite maximum yet.
  AttentionCase problem({20, 100, 64, 1}, true);
  for (std::size_t s = 0; s < 70; ++s) problem.bias()[s] = -INFINITY;
  expect_formula(problem);
}

TEST(Attention, KeepsItsPrecisionForLargeScores) {
  AttentionCase problem({20, 100, 64, 1}, false);
  problem.args().scale = 20;
  expect_formula(problem);
}

TEST(Attention, ANanOfAQuerySpoilsItsRowAndNoOther) {
  AttentionCase problem({3, 70, 64, 1}, false);
  store(std::numeric_limits<float>::quiet_NaN(), problem.qkv().at(1, 7));
  run(problem.args());
  for (std::int64_t d = 0; d < 64; ++d) {
    EXPECT_FALSE(std::isnan(problem.y().value(0, d)));
    EXPECT_TRUE(std::isnan(problem.y().value(1, d)));
    EXPECT_FALSE(std::isnan(problem.y().value(2, d)));
  }
}

TEST(Attention, RefusesWhatItCannotCompute) {
  const auto with = [](auto change) {
    AttentionCase problem({4, 4, 64, 1}, false);
    change(problem.args());
    return attention_cuda(problem.args(), nullptr);
  };
  EXPECT_NE(with([](AttentionArgs& args) { args.head_dim = 72; }), 0);
  EXPECT_NE(with([](AttentionArgs& args) { args.head_dim = 272; }), 0);
  EXPECT_NE(with([](AttentionArgs& args) { args.keys = 0; }), 0);
  EXPECT_NE(with([](AttentionArgs& args) { args.scale = 0; }), 0);
  EXPECT_NE(with([](AttentionArgs& args) { args.k_token_stride += 4; }), 0);
  EXPECT_NE(with([](AttentionArgs& args) { args.q = static_cast<const Bf16*>(args.q) + 1; }), 0);
}

}  // namespace
}  // namespace zoetrope::kernels::test
