#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace zoetrope::test {

/// Tensors that any implementation can make again from their number alone, and what the reference
/// implementations computed from them (wan-goldens.json: fp32 on CPU, shape, first and last eight
/// values, mean and root mean square of the flattened output).

/// u(tid, j), uniform in [-1, 1): the splitmix64 finaliser of (tid << 32) + j, its upper 24 bits.
double golden_value(std::uint64_t tid, std::uint64_t j);

/// fp32 u(tid, j) * sqrt(3) * scale, row-major: variance scale^2.
Tensor golden_tensor(std::uint64_t tid, at::IntArrayRef shape, double scale = 1);

/// The weight `name` as number `tid`, scaled by what its name and shape say it is: norm weights
/// 1 + 0.1 u; other vectors 0.1 u; `scale_shift_table` and `pos_embed` 0.2 u; else variance
/// 1/fan-in.
Tensor golden_weight(const std::string& name, std::uint64_t tid, at::IntArrayRef shape);

/// Names and shapes of a state dict, in the order that numbers them (bytes of the name).
using TensorShapes = std::map<std::string, std::vector<std::int64_t>>;

/// The weights of a whole state dict: the i-th name has tid = tid0 + i.
std::map<std::string, Tensor> golden_state(const TensorShapes& shapes, std::uint64_t tid0 = 0);

/// Writes golden_state as fp32 to a .safetensors file.
void write_golden_checkpoint(const std::filesystem::path& file, const TensorShapes& shapes,
                             std::uint64_t tid0 = 0);

/// Expects the shape and, within `tolerance`, the numbers that wan-goldens.json holds under `key`.
void expect_golden(const Tensor& tensor, const std::string& key, double tolerance);

}  // namespace zoetrope::test
