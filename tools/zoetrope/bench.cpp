#include "zoetrope/bench.h"

#include "commands.h"
#include "core/json.h"
#include "machine.h"
#include "model_folder.h"
#include "numbers.h"
#include "terminal.h"

namespace zoetrope::cli {
namespace {

constexpr double kTera = 1e12;
constexpr double kGiga = 1e9;

std::string rate(double per_second, const char* unit, double scale) {
  return fixed(per_second / scale, 2) + " " + unit;
}

std::string limits_text(const BenchReport& report) {
  const MachineLimits& limits = report.limits;
  const auto row = [](const char* name, const std::string& value) {
    return cli::row(name, value, 18);
  };
  return row("machine",
             describe_machine().processor + ", " + std::to_string(report.threads) + " threads") +
         row("bf16 products", rate(limits.bf16_flops, "TFLOP/s", kTera)) +
         row("fp32 products", rate(limits.fp32_flops, "TFLOP/s", kTera)) +
         row("int8 products", rate(limits.int8_ops, "TOP/s", kTera)) +
         row("copying", rate(limits.copy_bytes, "GB/s", kGiga)) + row("computed in", report.dtype);
}

// Filled up with spaces on the left.
std::string right(const std::string& text, std::size_t width) {
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

std::string left(const std::string& text, std::size_t width) {
  return text.size() >= width ? text : text + std::string(width - text.size(), ' ');
}

std::string figures_text(const BenchReport& report) {
  std::string text = left("workload", 20) + left("stage", 16) + right("median s", 10) +
                     right("least", 9) + right("most", 9) + right("of limit", 10) + "  note\n";
  for (const BenchFigure& figure : report.figures) {
    const std::string share = figure.share > 0 ? fixed(100 * figure.share, 0) + " %" : "";
    text += left(figure.workload, 20) + left(figure.stage, 16) +
            right(fixed(figure.seconds, 3), 10) + right(fixed(figure.least, 3), 9) +
            right(fixed(figure.most, 3), 9) + right(share, 10) + "  " + figure.note + "\n";
  }
  return text;
}

Json report_json(const BenchReport& report) {
  Json json;
  json.set("machine", describe_machine().processor);
  json.set("threads", report.threads);
  json.set("dtype", report.dtype);
  Json limits;
  limits.set("bf16_flops", report.limits.bf16_flops);
  limits.set("fp32_flops", report.limits.fp32_flops);
  limits.set("int8_ops", report.limits.int8_ops);
  limits.set("copy_bytes", report.limits.copy_bytes);
  json.set("limits", std::move(limits));
  Json figures{Json::Array{}};
  for (const BenchFigure& figure : report.figures) {
    Json entry;
    entry.set("workload", figure.workload);
    entry.set("stage", figure.stage);
    entry.set("seconds", figure.seconds);
    entry.set("least", figure.least);
    entry.set("most", figure.most);
    if (figure.flops > 0) entry.set("flops", figure.flops);
    if (figure.share > 0) entry.set("share", figure.share);
    if (figure.parameters > 0) entry.set("parameters", figure.parameters);
    entry.set("note", figure.note);
    figures.append(std::move(entry));
  }
  json.set("figures", std::move(figures));
  return json;
}

}  // namespace

void run_bench_command(const BenchCommand& command, Reporter& reporter) {
  BenchOptions options = command.options;
  ModelFiles named;
  named.folder = command.model;
  options.starter = choose_model(named);
  const BenchReport report = run_bench(
      options, [&](const std::string& workload) { reporter.note("measuring " + workload); });
  print_result(command.json ? report_json(report).dump(2) + "\n"
                            : limits_text(report) + "\n" + figures_text(report));
}

}  // namespace zoetrope::cli
