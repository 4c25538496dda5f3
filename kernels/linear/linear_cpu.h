#pragma once

#include <cstdint>

#include "kernels/common/element.h"

namespace zoetrope::kernels {

/// What follows the product of a linear layer.
enum class Activation {
  kNone,
  kGeluTanh  ///< x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
};

/// y[r][c] = activation(products[r][c] + bias[c]), rounded once.
///
/// Source: Hendrycks & Gimpel 2016 (arXiv:1606.08415) for the activation.
struct FinishLinearArgs {
  const float* products = nullptr;  ///< [rows, products_stride]
  const void* bias = nullptr;       ///< [columns], or null
  void* y = nullptr;                ///< [rows, y_stride]
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t products_stride = 0;
  std::int64_t y_stride = 0;
  Activation activation = Activation::kNone;
  ElementType type = ElementType::kF32;  ///< of bias and y
};
void finish_linear_cpu(const FinishLinearArgs& args);

}  // namespace zoetrope::kernels
