#pragma once

#include "options.h"
#include "progress.h"

namespace zoetrope::cli {

/// Each command prints its result to stdout, talks through the reporter and throws Error.
void run_generate(const GenerateOptions& options, Reporter& reporter);
/// Returns the exit code of a batch that came to its end.
int run_batch_command(const BatchCommand& command, Reporter& reporter);

void run_decode(const DecodeOptions& options, Reporter& reporter);
void run_convert(const ConvertCommand& command, Reporter& reporter);
void run_inspect(const InspectOptions& options);
void run_doctor(const DoctorOptions& options);
void run_bench_command(const BenchCommand& command, Reporter& reporter);

}  // namespace zoetrope::cli
