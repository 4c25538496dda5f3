#include <new>
#include <string>
#include <variant>
#include <vector>

#include "commands.h"
#include "core/heap.h"
#include "numbers.h"
#include "options.h"
#include "progress.h"
#include "signals.h"
#include "terminal.h"

namespace zoetrope::cli {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

ProgressMode progress_of(const Command& command) {
  return std::visit(
      Overloaded{[](const GenerateOptions& options) { return options.render.progress; },
                 [](const BatchCommand& batch) { return batch.render.progress; },
                 [](const DecodeOptions& options) { return options.render.progress; },
                 [](const ConvertCommand& options) { return options.progress; },
                 [](const auto&) { return ProgressMode::kAuto; }},
      command);
}

int run(const Command& command, Reporter& reporter) {
  return std::visit(
      Overloaded{[&](const GenerateOptions& options) {
                   run_generate(options, reporter);
                   return 0;
                 },
                 [&](const BatchCommand& batch) { return run_batch_command(batch, reporter); },
                 [&](const DecodeOptions& options) {
                   run_decode(options, reporter);
                   return 0;
                 },
                 [&](const ConvertCommand& options) {
                   run_convert(options, reporter);
                   return 0;
                 },
                 [](const InspectOptions& options) {
                   run_inspect(options);
                   return 0;
                 },
                 [](const DoctorOptions& options) {
                   run_doctor(options);
                   return 0;
                 },
                 [&](const BenchCommand& options) {
                   run_bench_command(options, reporter);
                   return 0;
                 },
                 [](const ShowText& show) {
                   // Help that was not asked for is no result.
                   show.exit_code == 0 ? print_result(show.text) : print_error_text(show.text);
                   return show.exit_code;
                 }},
      command);
}

// An interruption is told by the signal that caused it: 130 or 143.
int exit_code(ErrorCode code) {
  if (code == ErrorCode::kInterrupted && received_signal() != 0) return 128 + received_signal();
  return static_cast<int>(code);
}

// Runs an action; a failure is one line on stderr and its exit code.
template <typename Action>
int reporting(Reporter& reporter, const Action& action) {
  const auto fail = [&](int code, const std::string& message,
                        const std::vector<std::string>& details = {}) {
    reporter.error(code, message, details);
    return code;
  };
  try {
    return action();
  } catch (const UsageError& error) {
    const std::string command = error.command().empty() ? "" : error.command() + " ";
    return fail(2, error.what(), {"see zoetrope " + command + "--help"});
  } catch (const PromptFileError& error) {
    return fail(exit_code(error.code()), error.summary(), error.faults());
  } catch (const Error& error) {
    return fail(exit_code(error.code()), error.what());
  } catch (const std::bad_alloc&) {
    return fail(static_cast<int>(ErrorCode::kResource), "allocate memory: there is not enough");
  } catch (const std::exception& error) {
    return fail(static_cast<int>(ErrorCode::kInternal),
                std::string("internal error: ") + error.what());
  }
}

int run_command_line(const std::vector<std::string>& arguments) {
  Command command;
  Reporter plain(ProgressMode::kPlain);
  const int parsed = reporting(plain, [&] {
    command = parse_command_line(arguments);
    return 0;
  });
  if (parsed != 0) return parsed;

  Reporter reporter(progress_of(command));
  // A measurement has nothing to keep: a signal ends it as it ends any program.
  if (!std::holds_alternative<BenchCommand>(command)) {
    install_signal_handlers(reporter.stop_announcement());
  }
  return reporting(reporter, [&] { return run(command, reporter); });
}

}  // namespace
}  // namespace zoetrope::cli

int main(int argc, char** argv) {
  zoetrope::return_large_pieces();
  zoetrope::cli::ensure_standard_streams();
  return zoetrope::cli::run_command_line({argv + (argc > 0 ? 1 : 0), argv + argc});
}
