#include "nn/linear.h"

#include <gtest/gtest.h>

#include "support/golden_weights.h"
#include "support/temporary_folder.h"

namespace zoetrope::test {
namespace {

TEST(Linear, RoundsOnceToBf16EvenWhereItsInputIsAView) {
  const Tensor weight = golden_tensor(1, {40, 64}, 1.0 / 8).to(at::kBFloat16);
  const Tensor bias = golden_tensor(2, {40}).to(at::kBFloat16);
  const Linear linear(weight, bias);
  const Tensor view = golden_tensor(3, {1, 64, 100}).to(at::kBFloat16).transpose(1, 2);
  ASSERT_FALSE(view.is_contiguous());

  const Tensor exact =
      view.to(at::kDouble).matmul(weight.to(at::kDouble).t()) + bias.to(at::kDouble);
  // Half a unit in the last of bf16's 8 bits, and a little for the sum in fp32.
  const Tensor allowed = exact.abs() / 256 + 1e-5;
  EXPECT_TRUE(((linear(view).to(at::kDouble) - exact).abs() <= allowed).all().item<bool>());
}

TEST(Linear, JoinsLayersInTheOrderOfTheirNames) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "weights.safetensors";
  write_golden_checkpoint(
      file, {{"a.weight", {3, 5}}, {"a.bias", {3}}, {"b.weight", {3, 5}}, {"b.bias", {3}}});
  const auto files = TensorFiles::open_file(file);
  const WeightReader weights(files, at::kFloat, WeightReader::Pass::kRead);
  const Tensor x = golden_tensor(9, {1, 2, 5});
  const Tensor apart =
      at::cat({Linear(weights.scope("b"), 5, 3)(x), Linear(weights.scope("a"), 5, 3)(x)}, 2);
  EXPECT_TRUE(at::allclose(Linear::joined(weights, {"b", "a"}, 5, 3)(x), apart, 1e-6, 1e-6));
}

}  // namespace
}  // namespace zoetrope::test
