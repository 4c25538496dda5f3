#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "zoetrope/model_files.h"

namespace zoetrope {

/// What is measured and how often.
struct BenchOptions {
  std::vector<std::string> workloads;  ///< names of bench_workloads(); empty: the quick ones
  std::string dtype = "auto";
  int threads = 0;  ///< 0: one a core
  int layers = 4;   ///< of a transformer's depth; a forward's time is scaled to the whole depth
  int repeat = 3;
  ModelFiles starter;  ///< the checkpoint of the workload "starter"
};

/// What this machine can do at most, measured with LibTorch's own products and copies.
struct MachineLimits {
  double bf16_flops = 0;  ///< a second, in products of large matrices
  double fp32_flops = 0;
  double int8_ops = 0;
  double copy_bytes = 0;  ///< a second, read and written
};

/// One stage of one workload.
struct BenchFigure {
  std::string workload, stage;
  double seconds = 0;  ///< median
  double least = 0, most = 0;
  double flops = 0;             ///< of one run; 0 where they are not what it is about
  double share = 0;             ///< of the limit for the type it computes in; 0 without flops
  std::int64_t parameters = 0;  ///< weights of the network that ran; 0 where there is none
  std::string note;             ///< "4 of 30 layers; 30 take 12.3 s"
};

struct BenchReport {
  std::string dtype;
  int threads = 0;
  MachineLimits limits;
  std::vector<BenchFigure> figures;
};

struct BenchWorkload {
  std::string name, what;
  bool quick = false;  ///< measured when no workload is named
};
std::vector<BenchWorkload> bench_workloads();

/// Measures; `begun` is told each workload's name as it begins.
/// Throws Error(kUsage) for a workload that is not known.
BenchReport run_bench(const BenchOptions& options,
                      const std::function<void(const std::string&)>& begun);

}  // namespace zoetrope
