#include "sampling/unipc.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/check.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

// Solves the small system `matrix` · y = `right` by elimination with row exchanges.
std::vector<double> solve(std::vector<std::vector<double>> matrix, std::vector<double> right) {
  const std::size_t n = right.size();
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column + 1; row < n; ++row) {
      if (std::abs(matrix[row][column]) > std::abs(matrix[pivot][column])) pivot = row;
    }
    std::swap(matrix[column], matrix[pivot]);
    std::swap(right[column], right[pivot]);
    for (std::size_t row = column + 1; row < n; ++row) {
      const double factor = matrix[row][column] / matrix[column][column];
      for (std::size_t k = column; k < n; ++k) matrix[row][k] -= factor * matrix[column][k];
      right[row] -= factor * right[column];
    }
  }
  std::vector<double> y(n);
  for (std::size_t row = n; row-- > 0;) {
    double sum = right[row];
    for (std::size_t k = row + 1; k < n; ++k) sum -= matrix[row][k] * y[k];
    y[row] = sum / matrix[row][row];
  }
  return y;
}

// The weights rho of the differences D_k: sum_k r_k^(j-1) rho_k = b_j for j = 1 … n, with
// b_j = j! phi_{j+1}(hh) · hh / B(h) built by the recurrence of phi (paper, eq. 9 and A.1).
std::vector<double> difference_weights(const std::vector<double>& ratios, double hh) {
  const std::size_t n = ratios.size();
  std::vector<std::vector<double>> matrix(n, std::vector<double>(n));
  std::vector<double> right(n);
  const double b_of_h = std::expm1(hh);
  double phi = b_of_h / hh - 1;
  double factorial = 1;
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < n; ++k) {
      matrix[j][k] = std::pow(ratios[k], static_cast<double>(j));
    }
    right[j] = phi * factorial / b_of_h;
    factorial *= static_cast<double>(j + 2);
    phi = phi / hh - 1 / factorial;
  }
  return solve(std::move(matrix), std::move(right));
}

}  // namespace

UniPcSampler::UniPcSampler(FlowSchedule schedule, const SamplerConfig& config)
    : Sampler(std::move(schedule)), config_(config) {}

double UniPcSampler::lambda(int i) const {
  // 1 - sigma is formed in fp32, as the reference does: next to sigma = 1 it decides lambda.
  const float sigma_i = schedule().sigmas[static_cast<std::size_t>(i)];
  return std::log(static_cast<double>(1 - sigma_i)) - std::log(static_cast<double>(sigma_i));
}

// The first steps have no history, and the last ones are to be stable.
int UniPcSampler::order_of_step(int i) const {
  return std::min({config_.solver_order, schedule().steps() - i, i + 1});
}

// From x at sigma_from to sigma_to with the predictions in predictions_ (those up to sigma_from).
// With `newest`, the prediction at sigma_to, this is the corrector, else the predictor.
Tensor UniPcSampler::update(int from, int to, const Tensor& x, int order,
                            const Tensor* newest) const {
  const double h = lambda(to) - lambda(from);
  const double alpha = 1 - sigma(to);
  const double expm1_h = std::expm1(-h);
  const Tensor& m0 = predictions_[0];

  Tensor result = at::add(x * (sigma(to) / sigma(from)), m0, -alpha * expm1_h);

  std::vector<double> ratios;
  for (int k = 1; k < order; ++k) ratios.push_back((lambda(from - k) - lambda(from)) / h);
  std::vector<double> weights;
  if (newest != nullptr) {
    ratios.push_back(1);
    weights = order == 1 ? std::vector{0.5} : difference_weights(ratios, -h);
  } else if (order == 2) {
    weights = {0.5};
  } else if (order > 2) {
    weights = difference_weights(ratios, -h);
  }
  for (int k = 1; k < order; ++k) {
    const auto at = static_cast<std::size_t>(k);
    const double scale = -alpha * expm1_h * weights[at - 1] / ratios[at - 1];
    result.add_(predictions_[at] - m0, scale);
  }
  if (newest != nullptr) result.add_(*newest - m0, -alpha * expm1_h * weights.back());
  return result;
}

Tensor UniPcSampler::step(int i, const Tensor& x, const Tensor& v) {
  const Tensor m = at::add(x, v, -sigma(i));

  const auto& off = config_.disable_corrector;
  const bool correct = i > 0 && std::find(off.begin(), off.end(), i - 1) == off.end();
  const Tensor corrected = correct ? update(i - 1, i, last_x_, last_order_, &m) : x;

  predictions_.push_front(m);
  if (predictions_.size() > static_cast<std::size_t>(config_.solver_order)) predictions_.pop_back();

  last_order_ = order_of_step(i);
  last_x_ = corrected;
  // At sigma 0 the predictor of order 1 is the data prediction itself.
  return i + 1 == schedule().steps() ? m : update(i, i + 1, corrected, last_order_, nullptr);
}

std::vector<Tensor> UniPcSampler::memory() const {
  std::vector<Tensor> memory;
  if (last_x_.defined()) memory.push_back(last_x_);
  memory.insert(memory.end(), predictions_.begin(), predictions_.end());
  return memory;
}

void UniPcSampler::restore(int steps_done, std::vector<Tensor> memory) {
  const int expected = steps_done == 0 ? 0 : 1 + std::min(config_.solver_order, steps_done);
  if (memory.size() != static_cast<std::size_t>(expected)) {
    throw Error(ErrorCode::kCorrupt, "go on sampling after step " + std::to_string(steps_done) +
                                         ": " + std::to_string(memory.size()) +
                                         " tensors of memory (UniPC has " +
                                         std::to_string(expected) + ")");
  }
  if (steps_done == 0) return;
  last_x_ = memory.front();
  predictions_.assign(memory.begin() + 1, memory.end());
  last_order_ = order_of_step(steps_done - 1);
}

}  // namespace zoetrope
