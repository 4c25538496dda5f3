#pragma once

#include <string>
#include <vector>

#include "tensor/tensor.h"
#include "zoetrope/bench.h"

namespace zoetrope {

/// How a workload is run.
struct BenchRun {
  at::ScalarType type;
  int layers, repeat;
  const BenchOptions& options;
};

/// One forward of a released transformer's width, its self-attention alone, and a guided step.
std::vector<BenchFigure> bench_transformer(const std::string& name, const BenchRun& run);

/// Decoding and encoding with a released autoencoder.
std::vector<BenchFigure> bench_vae(const std::string& name, const BenchRun& run);

/// A clip of the starter from prompt to file, by stage.
std::vector<BenchFigure> bench_starter(const std::string& name, const BenchRun& run);

}  // namespace zoetrope
