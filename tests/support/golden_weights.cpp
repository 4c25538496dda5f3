#include "support/golden_weights.h"

#include <cmath>

#include <gtest/gtest.h>

#include "checkpoint/safetensors.h"
#include "core/files.h"
#include "core/json.h"

namespace zoetrope::test {
namespace {

struct Golden {
  std::vector<std::int64_t> shape;
  std::vector<double> first, last;
  double mean = 0, rms = 0;
};

std::vector<double> numbers(const Json& json) {
  std::vector<double> values;
  for (const Json& item : json.as_array("goldens")) values.push_back(item.as_number("goldens"));
  return values;
}

Golden load_golden(const std::string& key) {
  static const Json goldens =
      Json::parse(read_text_file(ZOETROPE_SOURCE_DIR "/tests/support/wan-goldens.json", 1'000'000),
                  "wan-goldens.json");
  const Json* entry = goldens.find(key);
  if (entry == nullptr) throw std::invalid_argument("no golden '" + key + "'");

  Golden golden;
  for (const double size : numbers(*entry->find("shape"))) {
    golden.shape.push_back(static_cast<std::int64_t>(size));
  }
  golden.first = numbers(*entry->find("first8"));
  golden.last = numbers(*entry->find("last8"));
  golden.mean = entry->find("mean")->as_number("goldens");
  golden.rms = entry->find("rms")->as_number("goldens");
  return golden;
}

void expect_values(const Tensor& found, const std::vector<double>& expected, double tolerance,
                   const std::string& what) {
  ASSERT_EQ(found.numel(), static_cast<std::int64_t>(expected.size()));
  for (std::int64_t i = 0; i < found.numel(); ++i) {
    EXPECT_NEAR(found[i].item<double>(), expected[static_cast<std::size_t>(i)], tolerance)
        << what << ", value " << i;
  }
}

/// offset + factor * u(tid, j), rounded once to fp32.
Tensor affine_of_u(std::uint64_t tid, at::IntArrayRef shape, double offset, double factor) {
  Tensor tensor = at::empty(shape, at::kFloat);
  float* values = tensor.mutable_data_ptr<float>();
  for (std::int64_t j = 0; j < tensor.numel(); ++j) {
    const double u = golden_value(tid, static_cast<std::uint64_t>(j));
    values[j] = static_cast<float>(offset + factor * u);
  }
  return tensor;
}

}  // namespace

double golden_value(std::uint64_t tid, std::uint64_t j) {
  std::uint64_t z = (tid << 32) + j + 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  z ^= z >> 31;
  return static_cast<double>(z >> 40) / 8388608.0 - 1.0;
}

Tensor golden_tensor(std::uint64_t tid, at::IntArrayRef shape, double scale) {
  return affine_of_u(tid, shape, 0, std::sqrt(3.0) * scale);
}

Tensor golden_weight(const std::string& name, std::uint64_t tid, at::IntArrayRef shape) {
  const std::size_t dot = name.rfind('.');
  const std::string leaf = dot == std::string::npos ? name : name.substr(dot + 1);
  const std::string path = dot == std::string::npos ? "" : name.substr(0, dot);
  const std::string parent = path.substr(path.rfind('.') + 1);
  const bool vector = shape.size() == 1;

  const bool of_norm = vector && leaf == "weight" && parent.find("norm") != std::string::npos;
  if (leaf == "gamma" || of_norm) return affine_of_u(tid, shape, 1, 0.1);
  if (vector) return affine_of_u(tid, shape, 0, 0.1);
  if (leaf == "scale_shift_table" || leaf == "pos_embed") return affine_of_u(tid, shape, 0, 0.2);

  const double fan_in = static_cast<double>(c10::multiply_integers(shape.slice(1)));
  return golden_tensor(tid, shape, 1 / std::sqrt(fan_in));
}

std::map<std::string, Tensor> golden_state(const TensorShapes& shapes, std::uint64_t tid0) {
  std::map<std::string, Tensor> state;
  for (const auto& [name, shape] : shapes) state[name] = golden_weight(name, tid0++, shape);
  return state;
}

void write_golden_checkpoint(const std::filesystem::path& file, const TensorShapes& shapes,
                             std::uint64_t tid0) {
  const auto state = golden_state(shapes, tid0);
  std::vector<TensorToWrite> tensors;
  for (const auto& [name, tensor] : state) {
    tensors.push_back({name, DType::kF32, tensor.sizes().vec(), tensor.const_data_ptr()});
  }
  write_safetensors(file, tensors, {});
}

void expect_golden(const Tensor& tensor, const std::string& key, double tolerance) {
  SCOPED_TRACE(key);
  const Golden golden = load_golden(key);
  ASSERT_EQ(tensor.sizes().vec(), golden.shape);

  const Tensor values = tensor.flatten().to(at::kDouble);
  expect_values(values.slice(0, 0, 8), golden.first, tolerance, "first");
  expect_values(values.slice(0, -8), golden.last, tolerance, "last");
  EXPECT_NEAR(values.mean().item<double>(), golden.mean, tolerance);
  EXPECT_NEAR(values.square().mean().sqrt().item<double>(), golden.rms, tolerance);
}

}  // namespace zoetrope::test
