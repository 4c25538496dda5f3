#include "bench/limits.h"

#include "bench/stopwatch.h"
#include "tensor/tensor.h"

namespace zoetrope {
namespace {

constexpr std::int64_t kSide = 2048;
constexpr int kRepeat = 5;
// Past any cache, and below what the workloads take: the process's peak is theirs.
constexpr std::int64_t kCopied = 128 << 20;
constexpr double kFlops = 2.0 * kSide * kSide * kSide;

double product_rate(at::ScalarType type) {
  const Tensor a = at::randn({kSide, kSide}, at::kFloat).to(type), b = a.clone();
  return kFlops / measured("", "", kRepeat, [&] { (void)at::linear(a, b); }).least;
}

double int8_rate() {
  const Tensor a = at::randint(-100, 100, {kSide, kSide}, at::kChar), b = a.clone();
  return kFlops / measured("", "", kRepeat, [&] { (void)at::_int_mm(a, b); }).least;
}

double copy_rate() {
  const Tensor from = at::ones({kCopied}, at::kByte), to = at::empty_like(from);
  return 2.0 * static_cast<double>(from.numel()) /
         measured("", "", kRepeat, [&] { to.copy_(from); }).least;
}

}  // namespace

MachineLimits measure_limits() {
  return {product_rate(at::kBFloat16), product_rate(at::kFloat), int8_rate(), copy_rate()};
}

}  // namespace zoetrope
