#include "checkpoint/quantised.h"

#include <cmath>

#include <gtest/gtest.h>

#include "checkpoint/weight_reader.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

namespace zoetrope {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// (-1)^s * 2^(e - bias) * (1 + m / 2^M), and (-1)^s * 2^(1 - bias) * m / 2^M for e = 0. In E4M3
// only the code of all ones is no number; in E5M2 the largest exponent is as in IEEE 754.
double value_by_definition(int code, int mantissa_bits, int bias) {
  const double sign = (code & 0x80) != 0 ? -1 : 1;
  const int e = (code & 0x7f) >> mantissa_bits;
  const double m = (code & ((1 << mantissa_bits) - 1)) / std::pow(2.0, mantissa_bits);
  if (mantissa_bits == 3 && (code & 0x7f) == 0x7f) return kNaN;
  if (mantissa_bits == 2 && e == 31) return m == 0 ? sign * INFINITY : kNaN;
  return e == 0 ? sign * std::pow(2.0, 1 - bias) * m : sign * std::pow(2.0, e - bias) * (1 + m);
}

TEST(Fp8, CodesHaveTheValuesOfTheFormatsDefinitionAndOfAten) {
  const Tensor codes = at::arange(256, at::kInt).to(at::kByte);
  const struct {
    DType dtype;
    int mantissa_bits, bias;
    at::ScalarType aten;
  } formats[] = {{DType::kF8E4M3, 3, 7, at::kFloat8_e4m3fn},
                 {DType::kF8E5M2, 2, 15, at::kFloat8_e5m2}};
  for (const auto& format : formats) {
    const Tensor aten = codes.view(format.aten).to(at::kFloat);
    for (int code = 0; code < 256; ++code) {
      const float found = fp8_values(format.dtype)[code];
      const double expected = value_by_definition(code, format.mantissa_bits, format.bias);
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(found) && std::isnan(aten[code].item<float>())) << code;
        continue;
      }
      EXPECT_EQ(found, expected) << code;
      EXPECT_EQ(std::signbit(found), (code & 0x80) != 0) << code;
      EXPECT_EQ(aten[code].item<float>(), expected) << code;
    }
  }
}

class QuantisedWeights : public testing::Test {
 protected:
  void add(const std::string& name, const Tensor& tensor, DType dtype) {
    data_.push_back(tensor.contiguous());
    tensors_.push_back({name, dtype, tensor.sizes().vec(), data_.back().data_ptr()});
  }
  /// Rows of codes 0, 1, 2, … without those that are no numbers.
  void add_codes(const std::string& name, std::int64_t rows, std::int64_t columns) {
    codes_ =
        at::arange(rows * columns, at::kInt).remainder(127).to(at::kByte).view({rows, columns});
    add(name, codes_, DType::kF8E4M3);
  }
  Tensor values() const { return codes_.view(at::kFloat8_e4m3fn).to(at::kFloat); }

  TensorFiles write() {
    const auto path = folder_.path() / "model.safetensors";
    write_safetensors(path, tensors_, {});
    return TensorFiles::open_file(path);
  }

  Tensor read(const std::string& name, at::IntArrayRef shape, at::ScalarType type = at::kFloat) {
    const TensorFiles files = write();
    const WeightReader weights(files, type, WeightReader::Pass::kRead);
    Tensor result = weights.take(name, shape);
    weights.finish();
    return result;
  }

  test::TemporaryFolder folder_;
  std::vector<Tensor> data_;
  std::vector<TensorToWrite> tensors_;
  Tensor codes_;
};

TEST_F(QuantisedWeights, WithoutAScaleAreTheirOwnValues) {
  add_codes("to_q.weight", 16, 16);
  EXPECT_TRUE(at::equal(read("to_q.weight", {16, 16}), values()));
  EXPECT_TRUE(at::equal(read("to_q.weight", {16, 16}, at::kBFloat16), values().to(at::kBFloat16)));
}

TEST_F(QuantisedWeights, AreMultipliedByTheScaleOfTheirLayerWhateverItIsCalled) {
  for (const char* name : {"to_q.scale_weight", "to_q.weight_scale"}) {
    for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{}, {1}, {1, 1}}) {
      tensors_.clear();
      add_codes("to_q.weight", 16, 16);
      add(name, at::full(shape, 0.3F), DType::kF32);
      EXPECT_TRUE(at::equal(read("to_q.weight", {16, 16}), values() * 0.3F)) << name;
    }
  }
}

TEST_F(QuantisedWeights, MayHaveAScaleForEachRow) {
  const Tensor scales = at::arange(1, 17, at::kFloat) / 7;
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{16}, {16, 1}}) {
    tensors_.clear();
    add_codes("to_q.weight", 16, 3);
    add("to_q.weight_scale", scales.view(shape), DType::kF32);
    EXPECT_TRUE(at::equal(read("to_q.weight", {16, 3}), values() * scales.view({16, 1})));
    EXPECT_TRUE(at::equal(read("to_q.weight", {16, 3}, at::kBFloat16),
                          (values() * scales.view({16, 1})).to(at::kBFloat16)));
  }
}

// A piece of 32 MiB ends within a row.
TEST_F(QuantisedWeights, OfMoreThanOnePieceKeepTheirRowsScales) {
  const std::int64_t columns = (12 << 20) + 7;
  const Tensor scales = at::tensor({1.0F, 0.5F, 2.0F}).view({3, 1});
  add_codes("w", 3, columns);
  add("w_scale", scales, DType::kF32);
  EXPECT_TRUE(
      at::equal(read("w", {3, columns}, at::kBFloat16), (values() * scales).to(at::kBFloat16)));
}

TEST_F(QuantisedWeights, MayBeKeptInAnotherFloatingTypeAndStillBeScaled) {
  add("head.weight", at::full({2, 3}, 1.5F).to(at::kBFloat16), DType::kBF16);
  add("head.scale_weight", at::scalar_tensor(2.0F), DType::kF32);
  EXPECT_TRUE(at::equal(read("head.weight", {2, 3}), at::full({2, 3}, 3.0F)));
}

TEST_F(QuantisedWeights, LeaveNotesThatAreNotCountedAndNotLeftOver) {
  add_codes("to_q.weight", 2, 3);
  add("to_q.scale_weight", at::ones({}), DType::kF32);
  add("to_q.scale_input", at::ones({}), DType::kF32);
  add("to_q.input_scale", at::ones({}), DType::kF32);
  add("to_q.comfy_quant", at::zeros({9}, at::kByte), DType::kU8);
  add("scaled_fp8", at::zeros({0}, at::kByte), DType::kF8E4M3);
  EXPECT_NO_THROW(read("to_q.weight", {2, 3}));
  EXPECT_EQ(write().total_parameters(), 6u);
}

TEST_F(QuantisedWeights, WithScalesThatDoNotFitAreListed) {
  add_codes("to_q.weight", 2, 3);
  add("to_q.weight_scale", at::ones({3}), DType::kF32);
  EXPECT_ERROR(
      read("to_q.weight", {2, 3}), ErrorCode::kCorrupt,
      "to_q.weight_scale [3] (expected one scale, of one number or one a row, for [2, 3])");
  tensors_.pop_back();
  add("to_q.weight_scale", at::ones({2}, at::kInt), DType::kI32);
  EXPECT_ERROR(read("to_q.weight", {2, 3}), ErrorCode::kCorrupt,
               "to_q.weight_scale I32 (expected F32)");
  tensors_.pop_back();
  add("to_q.weight_scale", at::ones({}), DType::kF32);
  add("to_q.scale_weight", at::ones({}), DType::kF32);
  EXPECT_ERROR(read("to_q.weight", {2, 3}), ErrorCode::kCorrupt, "expected one scale");
}

TEST_F(QuantisedWeights, WithCodesOrScalesThatAreNoNumbersAreRefused) {
  add("w", at::full({2, 2}, 0xff, at::kByte), DType::kF8E4M3);
  EXPECT_ERROR(read("w", {2, 2}), ErrorCode::kCorrupt, "holds NaN at element 0");
  tensors_.clear();
  add_codes("w", 2, 2);
  add("w_scale", at::tensor({1.0F, std::nanf("")}), DType::kF32);
  EXPECT_ERROR(read("w", {2, 2}), ErrorCode::kCorrupt, "holds NaN at element 2");
}

TEST_F(QuantisedWeights, MayHaveNoRowsAndNoScales) {
  add("w", at::zeros({0, 3}, at::kByte), DType::kF8E4M3);
  add("w_scale", at::zeros({0}), DType::kF32);
  EXPECT_EQ(read("w", {0, 3}).numel(), 0);
}

TEST_F(QuantisedWeights, OfScalesWithoutAWeightAreLeftOver) {
  add_codes("w", 2, 2);
  add("v_scale", at::ones({}), DType::kF32);
  EXPECT_ERROR(read("w", {2, 2}), ErrorCode::kCorrupt, "1 not used by the model:\n    v_scale []");
}

TEST_F(QuantisedWeights, InIntegersAreRefused) {
  add("w", at::zeros({2, 2}, at::kChar), DType::kI8);
  EXPECT_ERROR(read("w", {2, 2}), ErrorCode::kCorrupt, "w I8 (expected F32");
}

}  // namespace
}  // namespace zoetrope
