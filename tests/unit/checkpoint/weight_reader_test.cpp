#include "checkpoint/weight_reader.h"

#include <limits>

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/temporary_folder.h"

namespace zoetrope {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

class Weights : public testing::Test {
 protected:
  void add(const std::string& name, const Tensor& tensor, DType dtype) {
    data_.push_back(tensor.contiguous());
    tensors_.push_back({name, dtype, tensor.sizes().vec(), data_.back().data_ptr()});
  }
  void add(const std::string& name, const Tensor& tensor) { add(name, tensor, DType::kF32); }

  TensorFiles write() {
    const auto path = folder_.path() / "model.safetensors";
    write_safetensors(path, tensors_, {});
    return TensorFiles::open_file(path);
  }

  test::TemporaryFolder folder_;
  std::vector<Tensor> data_;
  std::vector<TensorToWrite> tensors_;
};

struct Linear {
  explicit Linear(const WeightReader& weights)
      : weight(weights.take("weight", {2, 3})), bias(weights.take_fp32("bias", {2})) {}
  Tensor weight;
  Tensor bias;
};

TEST_F(Weights, AreTakenByScopeInTheComputeType) {
  const Tensor weight = at::arange(6, at::kFloat).view({2, 3}) / 7;
  add("blocks.0.to_q.weight", weight);
  add("blocks.0.to_q.bias", at::ones({2}, at::kBFloat16) * 3, DType::kBF16);
  const TensorFiles files = write();
  std::uint64_t bytes = 0;
  const auto build = [](const WeightReader& w) {
    return Linear(w.scope("blocks.0").scope("to_q"));
  };
  const Linear linear = load_module(
      files, at::kBFloat16, [&](std::uint64_t n) { bytes += n; }, build);
  EXPECT_TRUE(at::equal(linear.weight, weight.to(at::kBFloat16)));
  EXPECT_TRUE(at::equal(linear.bias, at::full({2}, 3.0F)));
  EXPECT_EQ(bytes, 24u + 4u);
}

TEST_F(Weights, ConvertFromEveryFloatingType) {
  const Tensor values = at::arange(4, at::kDouble) / 4;  // exact in all of them
  add("f64", values, DType::kF64);
  add("f32", values.to(at::kFloat), DType::kF32);
  add("f16", values.to(at::kHalf), DType::kF16);
  add("bf16", values.to(at::kBFloat16), DType::kBF16);
  const TensorFiles files = write();
  const WeightReader weights(files, at::kFloat, WeightReader::Pass::kRead);
  for (const char* name : {"f64", "f32", "f16", "bf16"}) {
    EXPECT_TRUE(at::equal(weights.take(name, {4}), values.to(at::kFloat))) << name;
  }
}

TEST_F(Weights, HaveNoStorageInTheCheckPass) {
  add("weight", at::zeros({2, 3}));
  const TensorFiles files = write();
  const WeightReader weights(files, at::kBFloat16, WeightReader::Pass::kCheck);
  const Tensor tensor = weights.take("weight", {2, 3});
  EXPECT_TRUE(tensor.is_meta());
  EXPECT_EQ(tensor.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(weights.has("weight"));
  EXPECT_FALSE(weights.has("bias"));
  EXPECT_NO_THROW(weights.finish());
}

TEST_F(Weights, AreListedWithAllTheirFaultsAtOnce) {
  add("a.weight", at::zeros({3, 2}));
  add("b.weight", at::zeros({2, 3}, at::kInt), DType::kI32);
  add("stray", at::zeros({5}));
  const TensorFiles files = write();
  const WeightReader weights(files, at::kFloat, WeightReader::Pass::kCheck);
  const WeightReader a = weights.scope("a");
  a.take("weight", {2, 3});
  a.take("bias", {2});
  weights.take("b.weight", {2, 3});
  EXPECT_ERROR(weights.finish(), ErrorCode::kCorrupt, "model.safetensors");
  EXPECT_ERROR(weights.finish(), ErrorCode::kCorrupt, "1 missing:\n    a.bias [2]");
  EXPECT_ERROR(weights.finish(), ErrorCode::kCorrupt, "a.weight [3, 2] (expected [2, 3])");
  EXPECT_ERROR(weights.finish(), ErrorCode::kCorrupt, "b.weight I32 (expected F32, F16, BF16");
  EXPECT_ERROR(weights.finish(), ErrorCode::kCorrupt, "1 not used by the model:\n    stray [5]");
}

TEST_F(Weights, AreListedUpToTwentyOfAKind) {
  for (int i = 0; i < 25; ++i) add("t" + std::to_string(i + 10), at::zeros({1}));
  const TensorFiles files = write();
  const WeightReader weights(files, at::kFloat, WeightReader::Pass::kCheck);
  EXPECT_ERROR(weights.finish(), ErrorCode::kCorrupt, "25 not used by the model:\n    t10 [1]");
  EXPECT_ERROR(weights.finish(), ErrorCode::kCorrupt, "t29 [1]\n    and 5 more");
}

TEST_F(Weights, ThatAreIgnoredMayBeLeftOver) {
  add("block.norm_added_q", at::zeros({1}));
  const TensorFiles files = write();
  const WeightReader weights(files, at::kFloat, WeightReader::Pass::kCheck);
  EXPECT_ERROR(weights.finish(), ErrorCode::kCorrupt, "not used");
  weights.scope("block").ignore("norm_added_q");
  EXPECT_NO_THROW(weights.finish());
}

TEST_F(Weights, OfAScopeThatIsIgnoredMayBeLeftOverButNotOfItsNamesakes) {
  add("encoder.conv.weight", at::zeros({1}));
  add("encoder2.weight", at::zeros({1}));
  const TensorFiles files = write();
  const WeightReader weights(files, at::kFloat, WeightReader::Pass::kCheck);
  weights.ignore_scope("encoder");
  EXPECT_ERROR(weights.finish(), ErrorCode::kCorrupt,
               "1 not used by the model:\n    encoder2.weight [1]");
}

TEST_F(Weights, WithNaNAreRefusedByNameAndIndex) {
  for (const std::int64_t index : {0, 4'095, 4'096, 9'999}) {
    const Tensor values = at::zeros({10'000});
    values[index] = kNaN;
    tensors_.clear();
    add("norm.weight", values);
    const TensorFiles files = write();
    const WeightReader weights(files, at::kBFloat16, WeightReader::Pass::kRead);
    EXPECT_ERROR(weights.take("norm.weight", {10'000}), ErrorCode::kCorrupt,
                 "holds NaN at element " + std::to_string(index));
    EXPECT_ERROR(weights.take_fp32("norm.weight", {10'000}), ErrorCode::kCorrupt,
                 "holds NaN at element " + std::to_string(index));
  }
}

// 65520 is the first number that rounds to infinity in fp16.
TEST_F(Weights, ThatBecomeInfiniteInTheComputeTypeAreRefused) {
  add("w", at::full({3}, 65'520.0F));
  const TensorFiles files = write();
  EXPECT_NO_THROW(WeightReader(files, at::kFloat, WeightReader::Pass::kRead).take("w", {3}));
  EXPECT_ERROR(WeightReader(files, at::kHalf, WeightReader::Pass::kRead).take("w", {3}),
               ErrorCode::kCorrupt, "65520.000000 at element 0 (expected values finite in Half)");
}

TEST_F(Weights, OfAnImpossibleShapeAreAnErrorOfOurs) {
  add("w", at::zeros({1}));
  const TensorFiles files = write();
  const WeightReader weights(files, at::kFloat, WeightReader::Pass::kCheck);
  const std::int64_t huge = std::int64_t{1} << 40;
  EXPECT_ERROR(weights.take("w", {huge, huge}), ErrorCode::kCorrupt, "which cannot be");
  EXPECT_ERROR(weights.take("w", {0, huge, huge}), ErrorCode::kCorrupt, "which cannot be");
  EXPECT_ERROR(weights.take("w", {-1}), ErrorCode::kCorrupt, "which cannot be");
}

TEST_F(Weights, OfEndlessLayersEndInAReport) {
  add("w", at::zeros({1}));
  const TensorFiles files = write();
  const WeightReader weights(files, at::kFloat, WeightReader::Pass::kCheck);
  const auto endless = [&] {
    for (int i = 0; i < 1'000'000; ++i) weights.scope(std::to_string(i)).take("w", {1});
  };
  EXPECT_ERROR(endless(), ErrorCode::kCorrupt, "and 9981 more");
}

TEST_F(Weights, ThatWereCutWhileInUseAreRefused) {
  add("w", at::zeros({100}));
  const TensorFiles files = write();
  const auto path = files.paths().front();
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  const WeightReader weights(files, at::kFloat, WeightReader::Pass::kRead);
  EXPECT_ERROR(weights.take("w", {100}), ErrorCode::kCorrupt, "too early");
}

}  // namespace
}  // namespace zoetrope
