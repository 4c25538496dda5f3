#include "zoetrope/bench.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "api/guarded.h"
#include "api/run_options.h"
#include "bench/limits.h"
#include "bench/workloads.h"
#include "core/quote.h"
#include "tensor/block_cache.h"
#include "zoetrope/error.h"

namespace zoetrope {
namespace {

struct Entry {
  BenchWorkload workload;
  std::vector<BenchFigure> (*run)(const std::string&, const BenchRun&);
};

const std::vector<Entry>& entries() {
  static const std::vector<Entry> all = {
      {{"starter", "a clip of the model that ships, without a file", true}, bench_starter},
      {{"wan1.3b-480x272x17", "Wan 1.3B's width, random weights", true}, bench_transformer},
      {{"wan1.3b-832x480x17", "the same, larger", false}, bench_transformer},
      {{"wan14b-480x272x17", "Wan 14B's width, random weights", false}, bench_transformer},
      {{"vae21-480x272x17", "Wan 2.1's autoencoder, random weights", true}, bench_vae},
      {{"vae22-480x272x17", "Wan 2.2's autoencoder, random weights", false}, bench_vae}};
  return all;
}

std::vector<Entry> chosen(const std::vector<std::string>& names) {
  std::vector<Entry> result;
  for (const std::string& name : names) {
    bool found = false;
    for (const Entry& entry : entries()) {
      if (entry.workload.name == name) result.push_back(entry);
      found |= entry.workload.name == name;
    }
    if (found) continue;
    std::string known;
    for (const Entry& entry : entries()) known += (known.empty() ? "" : ", ") + entry.workload.name;
    throw Error(ErrorCode::kUsage,
                "measure workload " + in_quotes(name) + ": unknown (expected " + known + ")");
  }
  if (!names.empty()) return result;
  for (const Entry& entry : entries()) {
    if (entry.workload.quick) result.push_back(entry);
  }
  return result;
}

}  // namespace

std::vector<BenchWorkload> bench_workloads() {
  std::vector<BenchWorkload> workloads;
  for (const Entry& entry : entries()) workloads.push_back(entry.workload);
  return workloads;
}

BenchReport run_bench(const BenchOptions& options,
                      const std::function<void(const std::string&)>& begun) {
  return guarded([&] {
    const std::vector<Entry> workloads = chosen(options.workloads);
    const c10::InferenceMode inference;
    const at::ScalarType type = compute_type(options.dtype);
    use_threads(options.threads);
    keep_blocks();
    BenchReport report;
    report.dtype = type == at::kBFloat16 ? "bf16" : "fp32";
    report.threads = at::get_num_threads();
    report.limits = measure_limits();
    const BenchRun run{type, options.layers, options.repeat, options};
    for (const Entry& entry : workloads) {
      begun(entry.workload.name);
      for (BenchFigure figure : entry.run(entry.workload.name, run)) {
        const double limit =
            type == at::kBFloat16 ? report.limits.bf16_flops : report.limits.fp32_flops;
        figure.share = figure.flops / figure.seconds / limit;
        report.figures.push_back(std::move(figure));
      }
    }
    return report;
  });
}

}  // namespace zoetrope
