#include "bench_options.h"

#include "flags.h"
#include "help.h"
#include "numbers.h"

namespace zoetrope::cli {

void add_bench(CLI::App& app, BenchCommand& command) {
  CLI::App* bench = app.add_subcommand("bench", "measure this machine and this program on it");
  BenchOptions& options = command.options;
  const auto whole = [](int& value, std::int64_t most) {
    return [&value, most](const std::string& flag, const std::string& text) {
      value = static_cast<int>(parse_whole(flag, text, 1, most));
    };
  };
  bench->add_option("WORKLOAD", options.workloads, "what to measure (default: the quick ones)")
      ->type_name("WORKLOAD");
  add(*bench, "model", command.model, "checkpoint of the workload `starter`")->type_name("DIR");
  add_choice<std::string>(*bench, "dtype", options.dtype,
                          {{"fp32", "fp32"}, {"bf16", "bf16"}, {"auto", "auto"}},
                          "number format of the networks");
  add(*bench, "threads", whole(options.threads, 1024), "processor threads to use (default: all)")
      ->type_name("N");
  add(*bench, "layers", whole(options.layers, 1000), "layers of a transformer that are run (4)")
      ->type_name("N");
  add(*bench, "repeat", whole(options.repeat, 100), "runs of each stage (3); the median is shown")
      ->type_name("N");
  add_switch(*bench, "json", command.json, "print JSON");
  bench->footer(bench_examples());
}

}  // namespace zoetrope::cli
